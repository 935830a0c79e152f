"""Buttons of a task in the UI that open pages which the task wrote to S3."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import attrs
from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

VIEWS_URL: Final = "weather"  # of views/app.py; relative to the UI's base URL
PAGES_URL: Final = f"{VIEWS_URL}/pages"


@attrs.define
class PageLink(BaseOperatorLink):
    """A button for a page whose S3 key the task returns; none where it returned no key.

    A task that may fail after it wrote its page pushes the key as an XCom of the entry's name. When a task
    ends, Airflow builds the address in the task's process and stores it as an XCom: no other component
    imports this class.

    Attributes:
        name: label of the button.
        entry: key of the returned dict whose value is the S3 key.
    """

    name: str
    entry: str

    @property
    def xcom_key(self) -> str:
        """The XCom in which Airflow stores the address: an operator may have several links."""
        return f"_link_{self.entry}"

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002  Airflow's signature
        """Return the address of the page; empty if there is none."""
        key = self._returned_key(ti_key)
        return self._address(key, ti_key) if key else ""

    def _returned_key(self, ti_key: "TaskInstanceKey") -> Any:
        from airflow.sdk.execution_time.xcom import XCom

        returned = XCom.get_value(ti_key=ti_key, key=XCom.XCOM_RETURN_KEY)
        if returned is None:
            return XCom.get_value(ti_key=ti_key, key=self.entry)
        return returned.get(self.entry) if isinstance(returned, dict) else None

    def _address(self, key: Any, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002  see RunLink
        return f"{PAGES_URL}/{key}"


@attrs.define
class RunLink(PageLink):
    """A button for a view that lists what this task wrote; none where it returned nothing of that kind.

    Attributes:
        view: of ``plugins/views/documents.py``: ``documents`` or ``raw``.
    """

    view: str

    def _address(self, key: Any, ti_key: "TaskInstanceKey") -> str:  # noqa: ARG002  the view lists all keys
        query = {"dag_id": ti_key.dag_id, "run_id": ti_key.run_id}
        if self.view != "raw":
            query |= {"task_id": ti_key.task_id, "map_index": str(ti_key.map_index)}
        return f"{VIEWS_URL}/{self.view}?{urlencode(query)}"
