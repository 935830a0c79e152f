"""Labels of the checks in the report, by the names that they have in alerts and in docs/runbook.md."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

CHECKS: Final = {
    "cpu_busy": Translation("CPU in use", "CPU 사용률"),
    "memory_full": Translation("Memory in use", "메모리 사용률"),
    "disk_full": Translation("Disk in use", "디스크 사용률"),
    "s3_failing": Translation("Responses of S3", "S3 응답"),
    "s3_slow": Translation("Slowest step of S3", "S3 최장 단계"),
    "clock_skew": Translation("Difference of clocks", "시계 차이"),
    "kma_silent": Translation("Since the last response of the KMA's API", "기상청 API 마지막 응답 이후"),
    "kma_budget": Translation("Used calls of the KMA's API", "기상청 API 호출 사용률"),
    "kma_errors": Translation("Failed calls of the KMA's API", "기상청 API 호출 실패율"),
    "airflow_unreachable": Translation("Response of Airflow's API", "Airflow API 응답"),
    "airflow_component": Translation("Airflow component", "Airflow 구성 요소"),
    "dag_failing": Translation("Failed runs in a row", "연속 실패"),
    "pipeline_broken": Translation("Pipelines that can't be loaded", "불러올 수 없는 파이프라인"),
    "dag_late": Translation("Delay of a run", "실행 지연"),
    "dag_slow": Translation("Run time against its median", "중앙값 대비 실행 시간"),
    "dag_queued": Translation("Wait for a worker", "작업자 대기"),
    "observations_stale": Translation("Age of the newest observations", "최신 관측 경과"),
    "observations_in_future": Translation("Observations in the future", "미래 시각 관측"),
    "completeness_low": Translation("Share of expected observations received", "관측 완전성"),
    "validity_low": Translation("Share of values within physical limits", "값 유효성"),
    "quarantine_high": Translation("Share of rows in quarantine", "격리 비율"),
    "gaps_open_high": Translation("Share of gaps that are open", "열린 결측 비율"),
    "quality_score_low": Translation("Quality score", "품질 점수"),
    "station_silent": Translation("Silence of a station", "지점 무보고"),
    "sensor_stuck": Translation("Constant value of a sensor", "센서 값 고정"),
    "sensor_bias": Translation("Bias of a sensor against its neighbours", "이웃 대비 센서 편향"),
    "champion_damaged": Translation("Files of the champion", "챔피언 파일"),
    "champion_old": Translation("Age of the champion", "챔피언 사용 기간"),
    "forecasts_missing": Translation("Share of hours without a forecast", "예보 없는 시간 비율"),
    "kma_forecast_unused": Translation(
        "Share of stations whose forecast began with the KMA's", "예보가 기상청 예보에서 출발한 지점 비율"
    ),
    "model_bias": Translation("Bias of the forecasts, in promised RMSE", "예보 편향(약속 RMSE 대비)"),
    "model_skill_low": Translation("Skill over the damped anomaly", "감쇠 편차 대비 기술점수"),
    "kma_forecast_stale": Translation("Age of the KMA's newest issue", "기상청 최신 발표 경과"),
    "kma_forecast_stations_low": Translation(
        "Share of stations with the KMA's newest issue", "기상청 최신 발표가 있는 지점 비율"
    ),
    "kma_issues_missing": Translation("Share of missing issues of the KMA", "기상청 발표 누락 비율"),
    "kma_bias_changed": Translation("Change of the bias of the KMA's forecast", "기상청 예보 편향의 변화"),
    "station_moved": Translation("Distance from the station's old coordinates", "지점 좌표 이동 거리"),
    "model_coverage_off": Translation("Coverage of the 80\u00a0% interval", "80\u00a0% 구간 포함률"),
}
