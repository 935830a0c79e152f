"""A stand-in for the KMA API Hub, for demonstrations and tests: ``python -m simulator``.

    __main__      command line, start and stop
    server        HTTP: endpoints, key, faults
    clock         hours in KST, and how the wire writes them
    wire          the wire format: markers, header, rows, station list
    publication   when an hour appears: delay, late rows, corrections, outages
    simulated     source of simulated rows: the weather, as far as it is published
    replay        source of recorded rows: the files of a folder, verbatim
    weather       what the stations observe: temperature, humidity, wind, rain, snow, ground
    sky           what drives the weather: travelling waves, cloud, insolation, rain rate
    climate       normals, sun, coast, humidity formulas
    codes         present weather, clouds, pressure tendency as codes
    noise         random numbers as a pure function of seed and time
    faults        faults that are injected on purpose
    sensors       sensors that fail on purpose
    forecast      the KMA's forecast of this weather

The weather of an hour is a pure function of seed, station and hour: every request, for any period and in any
process, gets the same bytes. The weather is invented: it has Korea's climate, but is no day of its history.
"""
