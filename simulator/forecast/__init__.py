"""The KMA's short-term forecast of the simulated weather, answered as the API Hub and data.go.kr answer it.

    api       the two endpoints, their keys, when an issue is out
    faults    what can go wrong with them on purpose
    wire      JSON, grids and the portal's CSV, byte for byte
    model     the forecast: the weather to come, with errors of the size that the KMA's have
    issues    when forecasts are issued, and which hours they have
    cells     which station speaks for each cell of the 5 km grid

The errors are invented, and so is the skill that anybody measures on them: they prove that the pipeline
works.
"""
