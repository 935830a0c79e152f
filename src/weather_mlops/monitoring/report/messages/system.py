"""Messages of the section about the system: host, Airflow, S3 and the KMA's API."""

from typing import Final

from weather_mlops.monitoring.report.messages import Translation

SYSTEM: Final = {
    "pipelines": Translation("pipelines", "파이프라인"),
    "pipelines_caption": Translation(
        "Pipelines. Bar: duration of the newest run, so far if it runs (s); mark: median of earlier runs.",
        "파이프라인. 막대: 최근 실행 시간(초), 세로선: 이전 실행의 중앙값.",
    ),
    "watched_by_schedule": Translation(
        "Watched for failed, late, slow and waiting runs: {names}.",
        "실패, 지연, 느림, 대기를 감시하는 파이프라인: {names}.",
    ),
    "watched_by_hand": Translation(
        "Without a schedule, watched for failed runs (of the last 24 h) and waiting ones: {names}.",
        "스케줄이 없어 실패(최근 24시간)와 대기만 감시하는 파이프라인: {names}.",
    ),
    "watched_paused": Translation(
        "Paused, watched only for runs that wait until it is unpaused: {names}.",
        "일시 중지되어, 해제를 기다리는 실행만 감시하는 파이프라인: {names}.",
    ),
    "pipeline": Translation("pipeline", "파이프라인"),
    "last_run": Translation("newest run (KST)", "최근 실행(KST)"),
    "took": Translation("duration", "소요"),
    "median": Translation("median", "중앙값"),
    "took_against": Translation("duration against median", "중앙값 대비"),
    "late": Translation("late", "지연"),
    "waits": Translation("waiting", "대기"),
    "failed_in_a_row": Translation("failed in a row", "연속 실패"),
    "paused": Translation("paused", "일시 중지"),
    "by_hand": Translation("by hand", "수동"),
    "never_ran": Translation("no run yet", "실행 없음"),
    "components": Translation("Airflow's components", "Airflow 구성 요소"),
    "component": Translation("component", "구성 요소"),
    "heartbeat": Translation("last heartbeat (KST)", "마지막 하트비트(KST)"),
    "storage": Translation("S3", "S3"),
    "storage_caption": Translation(
        "S3: duration of each step with one small object (ms).", "S3: 작은 객체 하나, 단계별 소요(ms)."
    ),
    "write_ms": Translation("write", "쓰기"),
    "read_ms": Translation("read", "읽기"),
    "list_ms": Translation("list", "목록"),
    "delete_ms": Translation("delete", "삭제"),
    "kma": Translation("the KMA's API", "기상청 API"),
    "last_success": Translation("Last response of the KMA's API", "기상청 API 마지막 응답"),
    "responses": Translation("Responses in 24 h", "24시간 응답 수"),
    "calls": Translation("Calls today (KST)", "오늘(KST) 호출"),
    "calls_of": Translation("{used} used, {left} left", "{used}회 사용, {left}회 남음"),
    "attempts": Translation("Attempts of the hourly call in 24 h", "24시간 매시 호출 시도"),
    "attempts_of": Translation("{failed} of {attempts} failed", "{attempts}회 중 {failed}회 실패"),
    "step": Translation("step", "단계"),
    "ago": Translation("{time} ago", "{time} 전"),
    "dash_or_none": Translation(
        "no value yet: a median needs several successful runs.",
        "아직 값이 없음. 중앙값에는 성공한 실행이 여럿 필요합니다.",
    ),
    "no_heartbeat": Translation("this component reports no heartbeat.", "하트비트를 보내지 않는 구성 요소."),
    "machine": Translation("host", "호스트"),
    "memory": Translation("Memory", "메모리"),
    "memory_of": Translation("{used} of {limit} in use", "{limit} 중 {used} 사용"),
    "cores": Translation("CPU", "CPU"),
    "cores_of": Translation("{share} of {n} cores in use", "코어 {n}개 중 {share} 사용"),
    "disk": Translation("Disk {path}", "디스크 {path}"),
    "disk_of": Translation("{share} in use, {free} free", "{share} 사용, {free} 남음"),
}
