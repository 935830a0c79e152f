"""The monitoring report: what four tasks measured, as a page for people and as JSON for machines.

``verdict`` judges, ``comparison`` compares with the previous report, ``content`` is what a report says,
``document`` the JSON, ``page`` the HTML, ``publication`` writes both to S3. The texts are in ``messages``, in
English and Korean.
"""

from weather_mlops.monitoring.report.publication import LATEST_HTML, PublishedReport, publish
from weather_mlops.monitoring.report.verdict import ReportVerdict

__all__ = ["LATEST_HTML", "PublishedReport", "ReportVerdict", "publish"]
