"""Our texts in Airflow's own UI, which come from Python or the delivered YAML in English.

They are found by the English text: a text that a user has changed stays as it is.
"""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

BUTTONS: Final = (
    Translation("Weather", "날씨"),
    Translation("Documents", "문서"),
    Translation("Data Docs", "Data Docs"),
    Translation("Raw responses", "원본 응답"),
    Translation("Report", "보고서"),
    Translation("Latest report", "최신 보고서"),
    Translation("Model card", "모델 카드"),
)
"""The first entry of the navigation, whose others are named like our pages; tabs of a DAG, run or task; and
buttons of a task."""
PIPELINES: Final = (
    Translation(
        "Hourly observations of the KMA, audited and published", "기상청의 매시간 관측을 검사하고 게시"
    ),
    Translation(
        "Years of observations, audited and published; started by hand",
        "여러 해의 관측을 검사하고 게시. 직접 시작합니다",
    ),
    Translation(
        "Every issue of the KMA's short-term forecast, audited and published as it was issued",
        "기상청 단기예보의 모든 발표를 검사하고 발표된 그대로 게시",
    ),
    Translation(
        "Old issues of the KMA's forecast, audited and published as they were issued; started by hand",
        "기상청 예보의 과거 발표를 검사하고 발표된 그대로 게시. 직접 시작합니다",
    ),
    Translation(
        "A forecast model per target, deployed only if it passes every gate",
        "예보 대상별 모델. 모든 관문을 통과해야 배포합니다",
    ),
    Translation(
        "Forecasts of every station, from the newest observations, and what became of earlier ones",
        "최신 관측으로 만드는 모든 지점의 예보, 그리고 지난 예보의 검증",
    ),
    Translation(
        "Health, data quality and model performance; report, alerts, cleanup",
        "시스템 상태, 자료 품질, 모델 성능. 보고서, 경보, 정리",
    ),
    Translation(
        "An earlier model becomes the champion again; started by hand",
        "이전 모델을 다시 챔피언으로. 직접 시작합니다",
    ),
)
"""Descriptions of DAGs in ``pipelines/*.yml``."""
PARAMS: Final = (
    Translation(
        "The first day, KST. Empty = 90 days up to the last one.",
        "첫날(KST). 비우면 마지막 날까지 90일입니다.",
    ),
    Translation(
        "The last day, KST, included. Empty = today.", "마지막 날(KST, 그날 포함). 비우면 오늘입니다."
    ),
    Translation(
        "The word all, or ids and names of stations joined by commas: 108, 제주, Busan.",
        "all, 또는 쉼표로 이은 지점의 번호와 이름: 108, 제주, Busan.",
    ),
    Translation(
        "The word all, or ids and names of stations joined by commas: 108, 제주, Busan. They share the "
        "calls.",
        "all, 또는 쉼표로 이은 지점의 번호와 이름: 108, 제주, Busan. 호출은 모든 지점이 함께 씁니다.",
    ),
    Translation(
        "Number of workers, and so of simultaneous calls to the KMA. The pool kma has one more, for the "
        "hourly run.",
        "워커 수. 기상청을 동시에 호출하는 수이기도 합니다. 풀 kma에는 매시간 실행을 위한 칸이 "
        "하나 더 있습니다.",
    ),
    Translation(
        "Request hours again that are known to be missing.", "결측으로 확인된 시각도 다시 요청합니다."
    ),
    Translation(
        "Hours (KST) of the issues of a day, joined by commas: 02,14. The word all = the eight of them.",
        "하루의 발표 시각(KST), 쉼표로 이어서: 02,14. all은 여덟 번 모두입니다.",
    ),
    Translation(
        "The KMA's names of the variables, joined by commas: TMP,REH. Each takes calls of its own.",
        "기상청의 변수 이름, 쉼표로 이어서: TMP,REH. 변수마다 호출을 따로 씁니다.",
    ),
    Translation(
        "Other cells than the stations' own: 152=102,83; 101=73,134. Empty = each station its own.",
        "지점의 격자 대신 쓸 격자: 152=102,83; 101=73,134. 비우면 지점마다 자기 격자를 씁니다.",
    ),
    Translation(
        "The longest lead in hours; each hour takes a call.",
        "가장 긴 선행시간(시간). 한 시간마다 호출 한 번을 씁니다.",
    ),
    Translation(
        "Request hours again for which the archive had no values.",
        "보관 자료에 값이 없던 시각도 다시 요청합니다.",
    ),
    Translation(
        "Send a test message through the alerts' connection, instead of alerts.",
        "경보 대신 시험 메시지를 경보 커넥션으로 보냅니다.",
    ),
    Translation("What the model forecasts.", "모델이 예보하는 대상."),
    Translation(
        "Which version. Empty = the one deployed before the current champion.",
        "버전. 비우면 현재 챔피언 바로 앞에 배포된 버전입니다.",
    ),
    Translation("The reason, for the record.", "기록에 남길 이유."),
)
"""Descriptions of params in ``pipelines/*.yml``, in the form of the trigger."""
