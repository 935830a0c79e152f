"""Texts of the pages of a run's documents and raw responses; states as in Airflow's UI."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

DOCUMENTS: Final = {
    "documents_of_run": Translation("Documents of {dag_id}, {at}", "{dag_id}의 문서, {at}"),
    "documents_of_dag": Translation("Documents of {dag_id}", "{dag_id}의 문서"),
    "documents_of_task": Translation("Documents of {task_id} in {dag_id}", "{dag_id}의 {task_id} 문서"),
    "documents_run_lead": Translation(
        "What each task of this run put on S3.", "이 실행의 태스크가 S3에 쓴 문서입니다."
    ),
    "documents_dag_lead": Translation("What the latest runs put on S3.", "최근 실행이 S3에 쓴 문서입니다."),
    "documents_latest_runs": Translation("The latest runs of this DAG", "이 DAG의 최근 실행"),
    "documents_run": Translation("Run", "실행"),
    "documents_state": Translation("State", "상태"),
    "documents_state_of_task": Translation("state", "상태"),
    "documents_caption": Translation("What each task put on S3", "태스크별 문서"),
    "documents_runs_caption": Translation(
        "At most its latest {n} runs, newest first", "최근 실행(최대 {n}개), 최신순"
    ),
    "documents_task": Translation("task", "태스크"),
    "documents_run_at": Translation("run", "실행"),
    "documents_documents": Translation("documents", "문서"),
    "documents_missing": Translation(
        "no document: the run's page says why", "문서 없음. 이유는 실행의 페이지에 있습니다"
    ),
    "documents_no_task": Translation(
        "No task of this run has started yet.", "이 실행에서 아직 시작한 태스크가 없습니다."
    ),
    "documents_no_run": Translation("It has not run yet.", "아직 실행하지 않았습니다."),
    "documents_data_docs": Translation("Data Docs", "검사 결과(Data Docs)"),
    "documents_card": Translation("Model card", "모델 카드"),
    "documents_report": Translation("Monitoring report", "모니터링 보고서"),
    "documents_raw": Translation("Raw responses ({n})", "원본 응답({n}개)"),
    "documents_forecasts": Translation("Forecasts (the latest)", "예보(최신)"),
    "documents_one_of": Translation("{title} {number} of {total}", "{title} {number}/{total}"),
    "documents_more": Translation("and {n} more", "외 {n}개"),
    "documents_more_characters": Translation("… and {n} more characters", "… 외 {n}자"),
    "documents_no_page": Translation("(no page of this system)", "(이 시스템의 페이지가 아님)"),
    "documents_skipped_because": Translation("Skipped:", "건너뜀:"),
    "documents_skipped": Translation(
        "Skipped, because a task before it was.", "앞의 태스크를 건너뛰어 함께 건너뛰었습니다."
    ),
    "documents_failed_because": Translation("Failed:", "실패:"),
    "documents_failed": Translation(
        "Failed before it wrote one: its log says why.",
        "문서를 쓰기 전에 실패했습니다. 이유는 로그에 있습니다.",
    ),
    "documents_not_run": Translation(
        "Not run: a task before it failed.", "앞의 태스크가 실패해 실행하지 않았습니다."
    ),
    "documents_waiting": Translation("Not run yet.", "아직 실행하지 않았습니다."),
    "documents_going_on": Translation("Not done yet.", "아직 끝나지 않았습니다."),
    "documents_writes_none": Translation("It writes none.", "문서를 쓰지 않는 태스크입니다."),
    "documents_none": Translation("None.", "없음."),
    "documents_state_none": Translation("not started", "상태 없음"),
    "documents_state_scheduled": Translation("scheduled", "예약됨"),
    "documents_state_queued": Translation("queued", "대기 중"),
    "documents_state_up_for_reschedule": Translation("up for reschedule", "재예약 대기 중"),
    "documents_state_restarting": Translation("restarting", "다시 시작 중"),
    "documents_state_running": Translation("running", "실행 중"),
    "documents_state_deferred": Translation("deferred", "연기됨"),
    "documents_state_up_for_retry": Translation("up for retry", "재시도 대기 중"),
    "documents_state_success": Translation("success", "성공"),
    "documents_state_failed": Translation("failed", "실패"),
    "documents_state_upstream_failed": Translation("upstream failed", "업스트림 실패"),
    "documents_state_skipped": Translation("skipped", "건너뜀"),
    "documents_state_removed": Translation("removed", "제거됨"),
    "raw_title": Translation("Raw responses of {dag_id}, {at}", "{dag_id}의 원본 응답, {at}"),
    "raw_lead": Translation(
        "What the KMA's API returned, exactly as received.", "기상청 API의 응답을 받은 그대로 보관합니다."
    ),
    "raw_all_documents": Translation("All documents of the run", "이 실행의 모든 문서"),
    "raw_caption": Translation(
        "Responses of the run. The SHA-256 is that of the decompressed response.",
        "이 실행의 응답. SHA-256은 압축을 푼 응답의 값입니다.",
    ),
    "raw_key": Translation("response: key on S3, and checksum", "응답: S3 키와 체크섬"),
    "raw_fetched_at": Translation("fetched at", "받은 시각"),
    "raw_rows": Translation("rows", "행"),
    "raw_bytes": Translation("bytes", "바이트"),
    "raw_missing": Translation(
        "its sidecar is missing, or can't be read", "사이드카 파일이 없거나 읽을 수 없음"
    ),
    "raw_none": Translation(
        "This run stored no response: see its task collect_weather_data.",
        "이 실행이 저장한 응답이 없습니다. collect_weather_data 태스크를 확인하십시오.",
    ),
    "raw_pages": Translation("Pages of responses", "응답 페이지"),
}
