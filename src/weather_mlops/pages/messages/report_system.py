"""Messages of the section about the system: host, Airflow, S3 and the KMA's API."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

SYSTEM: Final = {
    "system_pipelines": Translation("pipelines", "파이프라인"),
    "system_pipelines_caption": Translation(
        "Pipelines. Bar: duration of the newest run, so far if it runs (s); mark: median of earlier runs.",
        "파이프라인. 막대: 최근 실행 시간(초), 세로선: 이전 실행의 중앙값.",
    ),
    "system_watched_by_schedule": Translation(
        "Watched for failed, late, slow and waiting runs: {names}.",
        "실패, 지연, 느림, 대기를 감시하는 파이프라인: {names}.",
    ),
    "system_watched_by_hand": Translation(
        "Without a schedule, watched for failed runs (of the last 24 h) and waiting ones: {names}.",
        "스케줄이 없어 실패(최근 24시간)와 대기만 감시하는 파이프라인: {names}.",
    ),
    "system_watched_paused": Translation(
        "Paused, watched only for runs that wait until it is unpaused: {names}.",
        "일시 중지되어, 해제를 기다리는 실행만 감시하는 파이프라인: {names}.",
    ),
    "system_pipeline": Translation("pipeline", "파이프라인"),
    "system_last_run": Translation("newest run (KST)", "최근 실행(KST)"),
    "system_took": Translation("duration", "소요"),
    "system_median": Translation("median", "중앙값"),
    "system_took_against": Translation("duration against median", "중앙값 대비"),
    "system_late": Translation("late", "지연"),
    "system_waits": Translation("waiting", "대기"),
    "system_failed_in_a_row": Translation("failed in a row", "연속 실패"),
    "system_paused": Translation("paused", "일시 중지"),
    "system_by_hand": Translation("by hand", "수동"),
    "system_never_ran": Translation(
        "no run yet",
        "실행 없음",
    ),
    "system_run_success": Translation(
        "success",
        "성공",
    ),
    "system_run_failed": Translation(
        "failed",
        "실패",
    ),
    "system_run_running": Translation(
        "running",
        "실행 중",
    ),
    "system_run_queued": Translation(
        "queued",
        "대기 중",
    ),
    "system_status_healthy": Translation(
        "healthy",
        "정상",
    ),
    "system_status_unhealthy": Translation(
        "unhealthy",
        "비정상",
    ),
    "system_components": Translation("Airflow's components", "Airflow 구성 요소"),
    "system_component": Translation("component", "구성 요소"),
    "system_heartbeat": Translation("last heartbeat (KST)", "마지막 하트비트(KST)"),
    "system_storage": Translation("S3", "S3"),
    "system_storage_caption": Translation(
        "S3: duration of each step with one small object (ms).", "S3: 작은 객체 하나, 단계별 소요(ms)."
    ),
    "system_write_ms": Translation("write", "쓰기"),
    "system_read_ms": Translation("read", "읽기"),
    "system_list_ms": Translation("list", "목록"),
    "system_delete_ms": Translation("delete", "삭제"),
    "system_kma": Translation(
        "the KMA's API",
        "기상청 API",
    ),
    "system_kma_title": Translation(
        "The KMA's API",
        "기상청 API",
    ),
    "system_last_success": Translation("Last response of the KMA's API", "기상청 API 마지막 응답"),
    "system_responses": Translation("Responses in 24 h", "24시간 응답 수"),
    "system_calls": Translation("Calls today (KST)", "오늘(KST) 호출"),
    "system_calls_of": Translation("{used} used, {left} left", "{used}회 사용, {left}회 남음"),
    "system_attempts": Translation("Attempts of the hourly call in 24 h", "24시간 매시 호출 시도"),
    "system_attempts_of": Translation("{failed} of {attempts} failed", "{attempts}회 중 {failed}회 실패"),
    "system_step": Translation("step", "단계"),
    "system_ago": Translation("{time} ago", "{time} 전"),
    "system_dash_or_none": Translation(
        "no value yet: a median needs several successful runs.",
        "아직 값이 없음. 중앙값에는 성공한 실행이 여럿 필요합니다.",
    ),
    "system_no_heartbeat": Translation(
        "this component reports no heartbeat.", "하트비트를 보내지 않는 구성 요소."
    ),
    "system_machine": Translation(
        "host",
        "호스트",
    ),
    "system_machine_title": Translation(
        "The host",
        "호스트",
    ),
    "system_memory": Translation("Memory", "메모리"),
    "system_memory_of": Translation("{used} of {limit} in use", "{limit} 중 {used} 사용"),
    "system_cores": Translation("CPU", "CPU"),
    "system_cores_of": Translation("{share} of {n} cores in use", "코어 {n}개 중 {share} 사용"),
    "system_disk": Translation("Disk {path}", "디스크 {path}"),
    "system_disk_of": Translation("{share} in use, {free} free", "{share} 사용, {free} 남음"),
}
