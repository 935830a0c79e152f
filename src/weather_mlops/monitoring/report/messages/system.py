"""What the report says of machine, Airflow, S3 and the KMA's API."""

from typing import Final

from weather_mlops.monitoring.report.messages import Message

SYSTEM: Final = {
    "pipelines": Message("pipelines", "파이프라인"),
    "pipelines_caption": Message(
        "Pipelines. Bar: how long the newest run took or takes (s); mark: the median of those before.",
        "파이프라인. 막대: 최근 실행 시간(초), 세로선: 이전 실행의 중앙값.",
    ),
    "pipeline": Message("pipeline", "파이프라인"),
    "last_run": Message("newest run (KST)", "최근 실행(KST)"),
    "took": Message("took", "소요"),
    "usual": Message("usual", "보통"),
    "took_against": Message("took against usual", "보통 대비"),
    "late": Message("late", "지연"),
    "waits": Message("waits", "대기"),
    "failed_in_a_row": Message("failed in a row", "연속 실패"),
    "paused": Message("paused", "일시 중지"),
    "by_hand": Message("by hand", "수동"),
    "never_ran": Message("no run yet", "실행 없음"),
    "components": Message("Airflow's parts", "Airflow 구성 요소"),
    "part": Message("part", "구성 요소"),
    "heartbeat": Message("last heartbeat (KST)", "마지막 신호(KST)"),
    "storage": Message("S3", "S3"),
    "storage_caption": Message(
        "S3: one small object, how long each step took (ms).", "S3: 작은 객체 하나, 단계별 소요(ms)."
    ),
    "write_ms": Message("write", "쓰기"),
    "read_ms": Message("read", "읽기"),
    "list_ms": Message("list", "목록"),
    "delete_ms": Message("delete", "삭제"),
    "kma": Message("the KMA's API", "기상청 API"),
    "last_success": Message("Last reply of the KMA's API", "기상청 API 마지막 응답"),
    "replies": Message("Replies in 24 h", "24시간 응답 수"),
    "calls": Message("Calls of today (KST)", "오늘(KST) 호출"),
    "calls_of": Message("{used} used, {left} left", "{used}회 사용, {left}회 남음"),
    "tries": Message("Tries of the hourly call in 24 h", "24시간 매시 호출 시도"),
    "tries_of": Message("{failed} of {made} failed", "{made}회 중 {failed}회 실패"),
    "step": Message("step", "단계"),
    "ago": Message("{time} ago", "{time} 전"),
    "dash_or_none": Message(
        "nothing to tell yet: a median needs several successful runs.",
        "아직 값이 없음. 중앙값에는 성공한 실행이 여럿 필요합니다.",
    ),
    "no_heartbeat": Message("this part tells no heartbeat.", "신호를 알리지 않는 구성 요소."),
    "machine": Message("machine", "장비"),
    "memory": Message("Memory", "메모리"),
    "memory_of": Message("{used} of {limit} in use", "{limit} 중 {used} 사용"),
    "cores": Message("CPU", "CPU"),
    "cores_of": Message("{share} of {n} cores in use", "코어 {n}개 중 {share} 사용"),
    "disk": Message("Disk {path}", "디스크 {path}"),
    "disk_of": Message("{share} in use, {free} free", "{share} 사용, {free} 남음"),
}
