"""The collection of the KMA's forecast: every issue as it was received, published once it passed the audit.

plan          which issues a run requests, at which stations
fetch         all pages of an issue at a cell, from one provider or the other
collection    a look: what the KMA has published by now, stored in raw and staged
batch         the staged rows of a run, from look to look
publication   audited rows into the table, and what is missing into the register
health        the published rows read back, and compared with limits
"""
