"""Texts of the pages about data quality."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

QUALITY: Final = {
    "quality_title": Translation("Data quality", "자료 품질"),
    "quality_lead": Translation(
        "How complete and how sound the observations of each day are.",
        "하루하루의 관측 자료가 얼마나 완전하고 정확한지 보여 줍니다.",
    ),
    "quality_days": Translation("Days, newest first", "일별, 최신순"),
    "quality_day_column": Translation("day", "날짜"),
    "quality_score": Translation("score", "점수"),
    "quality_mean_score": Translation("mean score", "평균 점수"),
    "quality_hours": Translation("hours, 00 to 23", "시각, 00~23시"),
    "quality_loads_column": Translation("loads", "적재"),
    "quality_completeness": Translation("complete", "완전성"),
    "quality_quarantined": Translation("quarantined rows", "격리된 행"),
    "quality_no_document": Translation(
        "not counted: no run has written this day since counting began",
        "집계 없음. 집계를 시작한 뒤 이 날짜를 쓴 실행이 없습니다",
    ),
    "quality_none": Translation("There are no Data Docs yet.", "아직 Data Docs가 없습니다."),
    "quality_none_when": Translation(
        "The first run of data_collection writes a page, a few minutes after a full hour.",
        "data_collection의 첫 실행이 정시 몇 분 뒤에 페이지를 씁니다.",
    ),
    "quality_earlier": Translation("Earlier days", "이전 날짜"),
    "quality_no_audit": Translation("{hour}:00, no audit", "{hour}시, 검사 없음"),
    "quality_hour": Translation("{hour}:00, score {score}, {grade}", "{hour}시, 점수 {score}, {grade}"),
    "quality_hour_runs": Translation(
        "{hour}:00, score {score}, {grade}, newest of {n} runs",
        "{hour}시, 점수 {score}, {grade}, 실행 {n}건 중 최신",
    ),
    "quality_legend": Translation("Grades of a score", "점수 등급"),
    "quality_grade_good": Translation("good", "양호"),
    "quality_grade_fair": Translation("fair", "보통"),
    "quality_grade_poor": Translation("poor", "미흡"),
    "quality_grade_unscored": Translation("unscored", "점수 없음"),
    "quality_limit_good": Translation("0.97 or more", "0.97 이상"),
    "quality_limit_fair": Translation("0.9 or more", "0.9 이상"),
    "quality_limit_poor": Translation("less", "0.9 미만"),
    "quality_limit_unscored": Translation("nothing could be measured", "측정할 것이 없음"),
    "quality_limit_none": Translation("no audit of that hour", "그 시각의 검사 없음"),
    "quality_weekday_0": Translation("Mon", "월"),
    "quality_weekday_1": Translation("Tue", "화"),
    "quality_weekday_2": Translation("Wed", "수"),
    "quality_weekday_3": Translation("Thu", "목"),
    "quality_weekday_4": Translation("Fri", "금"),
    "quality_weekday_5": Translation("Sat", "토"),
    "quality_weekday_6": Translation("Sun", "일"),
    "quality_of_day": Translation("Data quality of {day}", "{day} 자료 품질"),
    "quality_all_days": Translation("All days", "모든 날짜"),
    "quality_the_day": Translation("The day", "이 날짜"),
    "quality_day_lead": Translation("What the audits of this day found.", "이 날짜의 검사 결과입니다."),
    "quality_audits": Translation("Audits, hour by hour", "시각별 검사"),
    "quality_audits_caption": Translation("Audits of each hour, newest first", "시각별 검사, 최신순"),
    "quality_no_audits": Translation("No hour of this day was audited.", "이 날짜에 검사한 시각이 없습니다."),
    "quality_hour_column": Translation("hour", "시각"),
    "quality_batch_column": Translation("batch", "묶음"),
    "quality_issue_column": Translation("issue", "발표"),
    "quality_audited_at": Translation("audited at", "검사 시각"),
    "quality_score_0_1": Translation("quality score, 0 to 1", "품질 점수(0~1)"),
    "quality_fit": Translation("fit rows", "통과한 행"),
    "quality_run": Translation("run", "실행"),
    "quality_by_clock": Translation("(hour of the audit)", "(검사 시각)"),
    "quality_loads": Translation("Batches of loads, audited on {day}", "{day}에 검사한 적재 묶음"),
    "quality_loads_heading": Translation("Batches of loads", "적재 묶음"),
    "quality_loads_n": Translation("All {n}", "모두 {n}개"),
    "quality_loads_who": Translation(
        "Audited on this day, for those who may read the DAG history:",
        "이 날짜에 검사했으며 DAG history를 읽을 수 있는 사람만 볼 수 있습니다.",
    ),
    "quality_forecasts": Translation("The KMA's forecast, issues of {day}", "기상청 예보, {day} 발표"),
    "quality_forecasts_heading": Translation("Issues of the KMA's forecast", "기상청 예보"),
    "quality_forecasts_n": Translation("All {n}", "모두 {n}건"),
    "quality_forecasts_who": Translation(
        "Issues of this day, for those who may read the DAG kma_forecast:",
        "이 날짜의 발표이며 DAG kma_forecast를 읽을 수 있는 사람만 볼 수 있습니다.",
    ),
    "quality_loads_lead": Translation(
        "Batches are about many hours, and are listed on the day of their audit.",
        "한 묶음에는 여러 시각의 자료가 있으며, 검사한 날짜에 나열합니다.",
    ),
    "quality_forecasts_lead": Translation(
        "What the audits of these issues found.", "발표별 검사 결과입니다."
    ),
    "quality_page_of_hour": Translation("Data quality of {hours}", "{hours} 자료 품질"),
    "quality_page_of_forecast": Translation(
        "Quality of the KMA's forecast of {hours}", "{hours} 기상청 예보의 품질"
    ),
    "quality_range": Translation("{first} to {last}", "{first}~{last}"),
    "quality_no_hour": Translation("no hour in particular", "특정 시각 없음"),
    "quality_page_title": Translation(
        "{heading}: {score}, {grade} – {run}", "{heading}: {score}, {grade} – {run}"
    ),
    "quality_page_score": Translation("Quality score (0 to 1)", "품질 점수(0~1)"),
    "quality_page_run": Translation("Run {run}, audited at {at}.", "실행 {run}, {at}에 검사."),
    "quality_page_gx": Translation(
        "Below: each rule and its result, by Great Expectations.",
        "아래는 Great Expectations가 쓴 규칙별 결과이며, 영어로만 제공됩니다.",
    ),
    "quality_stations": Translation("Stations", "지점"),
    "quality_stations_lead": Translation("A station's month, day by day:", "지점별로 한 달을 하루씩 봅니다."),
    "quality_of_hours": Translation("{present} of {due} station-hours", "지점·시각 {due}건 중 {present}건"),
    "quality_counted_at": Translation("counted {at}", "{at} 집계"),
    "quality_by_station": Translation("Station by station", "지점별"),
    "quality_by_station_caption": Translation(
        "Stations with missing hours or quarantined rows first", "누락되거나 격리된 행이 있는 지점부터"
    ),
    "quality_station": Translation("station", "지점"),
    "quality_closed": Translation("closed station", "폐쇄된 지점"),
    "quality_hours_present": Translation("hours present", "있는 시각"),
    "quality_missing": Translation("missing hours, and why", "누락된 시각과 이유"),
    "quality_of": Translation("{present} of {due}", "{due} 중 {present}"),
    "quality_hours_of": Translation("{hours} h:", "{hours}시:"),
    "quality_reason_missing": Translation("the KMA has no row.", "기상청에 자료가 없습니다."),
    "quality_reason_quarantined": Translation("its row was quarantined.", "행이 격리되었습니다."),
    "quality_reason_not_requested": Translation("not requested.", "요청하지 않았습니다."),
    "quality_next_try": Translation("Requested again {at}.", "{at}에 다시 요청합니다."),
    "quality_next_run": Translation("Requested again by the next run.", "다음 실행에서 다시 요청합니다."),
    "quality_no_try": Translation("Not requested any more.", "더 요청하지 않습니다."),
    "quality_not_counted": Translation(
        "The stations of this day were not counted: no run has written it since counting began.",
        "이 날짜의 지점별 집계가 없습니다. 집계를 시작한 뒤 이 날짜를 쓴 실행이 없습니다.",
    ),
    "quality_of_station": Translation("Data quality of {name} ({id})", "{name}({id}) 자료 품질"),
    "quality_station_lead": Translation(
        "Hours of each day that the table has, and rows that the audit quarantined.",
        "날짜별로 테이블에 있는 시각과 검사에서 격리된 행입니다.",
    ),
    "quality_months": Translation("Months", "월"),
    "quality_month_caption": Translation(
        "{month}: hours present, of those that were due", "{month}: 있어야 할 시각 중 있는 시각"
    ),
    "quality_month_missing": Translation("not counted", "집계 없음"),
    "quality_n_quarantined": Translation("{n} refused", "격리 {n}"),
}
