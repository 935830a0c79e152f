"""Buttons of a task in the UI, leading to pages that the task put on S3."""

from typing import TYPE_CHECKING, Final

import attrs
from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

PAGES_URL: Final = "weather/pages"  # of views/pages.py; relative to the UI, wherever that is served


@attrs.define
class PageLink(BaseOperatorLink):
    """A button for a page whose S3 key the task returns; none where it returned no key.

    Airflow asks for the address where the task ran, when that is over, and keeps it as an XCom: no other
    component needs to know this class.

    Attributes:
        name: what the button says.
        entry: of the returned dict, holding the key.
    """

    name: str
    entry: str

    @property
    def xcom_key(self) -> str:
        """Where Airflow keeps the address: an operator may have several links."""
        return f"_link_{self.entry}"

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002  Airflow's signature
        """Address of the page; empty where there is none."""
        from airflow.sdk.execution_time.xcom import XCom

        returned = XCom.get_value(ti_key=ti_key, key=XCom.XCOM_RETURN_KEY)
        key = returned.get(self.entry) if isinstance(returned, dict) else None
        return f"{PAGES_URL}/{key}" if key else ""
