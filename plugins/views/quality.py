"""``GET /weather/quality``: the index of the Data Docs, or a notice if there is none yet."""

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from views.guard import HEADERS, Bucket, answer
from weather_mlops.browsing.documents import DATA_DOCS_INDEX, address
from weather_mlops.browsing.frame import framed, notice

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", param_dag_id="data_collection"))])


@router.get("/quality")
def show(request: Request, store: Bucket) -> Response:
    """Redirect to the index."""
    if store.exists(DATA_DOCS_INDEX):
        return RedirectResponse(address(DATA_DOCS_INDEX), headers=HEADERS)
    none = "<b>There are no Data Docs yet.</b> The task validate_data_quality of each run writes a page."
    return answer(framed("Data quality", "What the audit of each run found.", notice(none)), request)
