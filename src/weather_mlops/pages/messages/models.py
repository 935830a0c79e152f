"""Texts of the page of the models."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

MODELS: Final = {
    "models_title": Translation("Models", "모델"),
    "models_of": Translation("Models: {label}", "모델: {label}"),
    "models_lead": Translation(
        "The model that forecasts each target, and the decisions about all versions.",
        "예보 대상별 운영 모델과 모든 버전에 대한 결정입니다.",
    ),
    "models_history_lead": Translation(
        "All decisions about models of {label}.", "{label} 모델에 대한 모든 결정입니다."
    ),
    "models_all_targets": Translation("All targets", "모든 예보 대상"),
    "models_none": Translation("There is no model yet.", "아직 모델이 없습니다."),
    "models_none_when": Translation(
        "One is trained each night, once most stations have enough observations: until then there is no "
        "forecast of our own.",
        "대부분의 지점에 관측 자료가 충분히 쌓이면 매일 밤 학습합니다. 그때까지 자체 예보는 없습니다.",
    ),
    "models_without": Translation(
        "No model was trained for: {labels}. The targets to train are listed in pipelines/defaults.yml.",
        "모델을 학습하지 않은 대상: {labels}. 학습할 대상은 pipelines/defaults.yml에 있습니다.",
    ),
    "models_none_refused": Translation(
        "No model is deployed yet: its versions were refused, for the reasons below. Until one is deployed "
        "there is no forecast of it.",
        "아직 배포된 모델이 없습니다. 지금까지의 버전은 아래 이유로 거부되었습니다. "
        "배포될 때까지 예보가 없습니다.",
    ),
    "models_none_evaluated": Translation(
        "No model yet: no version was evaluated. Until one is deployed there is no forecast of it.",
        "아직 평가된 버전이 없습니다. 모델이 배포될 때까지 예보가 없습니다.",
    ),
    "models_none_until": Translation(
        "Until the model is deployed there is no forecast of it.", "모델이 배포될 때까지 예보가 없습니다."
    ),
    "models_training_preparing": Translation(
        "A model is being trained: its data are prepared.", "모델 학습: 자료를 준비하고 있습니다."
    ),
    "models_training": Translation(
        "A model is being trained, lead {lead} of {leads}{left}.",
        "모델 학습: 선행시간 {leads}개 중 {lead}개 완료{left}.",
    ),
    "models_training_with_kma": Translation(
        "A model is being trained, now the part that begins with the KMA's forecast, lead {lead} of "
        "{leads}{left}.",
        "모델 학습: 기상청 예보에서 출발하는 부분, 선행시간 {leads}개 중 {lead}개 완료{left}.",
    ),
    "models_training_left": Translation(", about {minutes}\u00a0min left", ", 약 {minutes}분 남음"),
    "models_training_almost": Translation(", less than a minute left", ", 1분 이내 남음"),
    "models_training_evaluating": Translation(
        "A new model is trained, and is being evaluated: a few minutes.",
        "새 모델의 학습을 마치고 평가하고 있습니다. 몇 분 걸립니다.",
    ),
    "models_training_stopped": Translation(
        "The training of {version} stopped: nothing was heard of it since {at}.",
        "모델 {version}의 학습이 멈췄습니다. {at} 이후 진행이 없습니다.",
    ),
    "models_training_runs": Translation("Runs of the training", "학습 실행"),
    "models_champion": Translation("Champion", "챔피언"),
    "models_since": Translation("Since", "시작"),
    "models_since_by": Translation("{at}, {kind} by {by}", "{at}, {by}에서 {kind}"),
    "models_predecessor": Translation("Predecessor", "이전 챔피언"),
    "models_first": Translation("none: it is the first", "없음(첫 챔피언)"),
    "models_why": Translation("Why", "이유"),
    "models_made_from": Translation("Made from", "입력"),
    "models_unknown_figures": Translation(
        "Its figures are not known: they are not in its manifest.",
        "평가 수치를 알 수 없습니다. 모델의 manifest에 없습니다.",
    ),
    "models_figures": Translation(
        "Measured in its evaluation, on hours that were not in its training data",
        "학습에 쓰지 않은 시각으로 평가한 값",
    ),
    "models_lead_hours": Translation("lead", "선행시간"),
    "models_ahead": Translation("{lead} h ahead", "{lead}시간 후"),
    "models_rmse": Translation("RMSE ({unit})", "RMSE({unit})"),
    "models_coverage": Translation("observations within its 80 % interval", "80 % 구간 안의 관측"),
    "models_skill": Translation("skill over persistence", "기술점수(지속성)"),
    "models_not_measured": Translation("it was not measured", "측정하지 않음"),
    "models_newest": Translation("{label}: decisions, newest first", "{label}: 결정, 최신순"),
    "models_every": Translation("All decisions about {label} ({n})", "{label}에 대한 모든 결정({n}건)"),
    "models_decisions": Translation("Decisions", "결정"),
    "models_decisions_of": Translation("Decisions of {year}, newest first", "{year}년 결정, 최신순"),
    "models_years": Translation("Years with decisions", "결정이 있는 해"),
    "models_no_decisions": Translation("Nothing was decided then.", "그 해에는 결정이 없습니다."),
    "models_undecided": Translation("Evaluated, and not decided yet:", "평가했으나 아직 결정하지 않음:"),
    "models_when": Translation("when", "시각"),
    "models_decision": Translation("decision", "결정"),
    "models_version": Translation("version and its card", "버전과 모델 카드"),
    "models_reason": Translation("reason, and who decided", "이유와 결정한 실행"),
    "models_deleted": Translation("(deleted)", "(삭제됨)"),
    "models_kind_deployed": Translation("deployed", "배포"),
    "models_kind_refused": Translation("refused", "거부"),
    "models_kind_rolled_back": Translation("rolled back", "롤백"),
}
