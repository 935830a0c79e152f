"""What the report calls a check, beside the name that it has in alerts and in docs/runbook.md."""

from typing import Final

from weather_mlops.monitoring.report.messages import Message

CHECKS: Final = {
    "cpu_busy": Message("CPU is busy", "CPU 사용률 높음"),
    "memory_full": Message("Memory is nearly full", "메모리 부족"),
    "disk_full": Message("Disk is nearly full", "디스크 부족"),
    "s3_failing": Message("S3 fails", "S3 오류"),
    "s3_slow": Message("S3 is slow", "S3 느림"),
    "clock_skew": Message("Clocks disagree", "시계 어긋남"),
    "kma_silent": Message("No reply of the KMA's API", "기상청 API 무응답"),
    "kma_budget": Message("Calls of the KMA's API are nearly used up", "기상청 API 호출 한도 임박"),
    "kma_errors": Message("Calls of the KMA's API fail", "기상청 API 호출 실패"),
    "airflow_unreachable": Message("Airflow's API doesn't answer", "Airflow API 무응답"),
    "airflow_component": Message("A part of Airflow is not healthy", "Airflow 구성 요소 이상"),
    "dag_failing": Message("A pipeline fails", "파이프라인 실패"),
    "dag_late": Message("A pipeline is late", "파이프라인 지연"),
    "dag_slow": Message("A pipeline is slow", "파이프라인 느림"),
    "dag_queued": Message("A pipeline waits for a worker", "파이프라인 대기"),
}
