"""Descriptions of the keys in English and Korean, with examples: for hover texts and reference pages."""

from typing import Final, NamedTuple


class KeyDescription(NamedTuple):
    """The descriptions of a key, and an example."""

    english: str
    korean: str
    example: str


DAG_WORDS: Final = {
    "schedule": KeyDescription(
        "When it runs: a cron expression in the pipeline's time zone, a preset, a span of time, assets, a "
        "timetable; null: by hand only.",
        "실행 시점: 파이프라인 시간대의 cron 식, 프리셋, 시간 간격, 에셋, 타임테이블. null이면 수동 실행만.",
        'schedule: "0 * * * *"',
    ),
    "tasks": KeyDescription(
        "Its tasks, each with an operator and the tasks that must run before it.",
        "수행할 태스크 목록. 태스크마다 오퍼레이터와 선행 태스크를 적습니다.",
        "tasks:\n  - task_id: wait\n    operator: airflow.providers.standard.operators.empty.EmptyOperator",
    ),
    "description": KeyDescription(
        "One line, shown in the list of DAGs.",
        "DAG 목록에 보이는 한 줄 설명.",
        "description: Hourly rain totals",
    ),
    "timezone": KeyDescription(
        "Time zone of schedule and dates.", "schedule과 날짜의 시간대.", "timezone: Asia/Seoul"
    ),
    "start_date": KeyDescription(
        "No run is for a time before it. In the pipeline's time zone, or with an offset, "
        "2026-01-01T00:00+00:00; it means the same in default_args.",
        "이 시각 이전에 대한 실행은 없습니다. 파이프라인의 시간대이며, "
        "2026-01-01T00:00+00:00처럼 오프셋을 붙일 수 있습니다. default_args에 써도 뜻이 같습니다.",
        "start_date: 2026-01-01",
    ),
    "end_date": KeyDescription(
        "No run is for a time after it.", "이 시각 이후에 대한 실행은 없습니다.", "end_date: 2026-12-31"
    ),
    "catchup": KeyDescription(
        "Whether to run what was missed since start_date or while the pipeline was paused.",
        "start_date 이후나 일시 중지 동안 놓친 실행을 나중에 채울지 여부.",
        "catchup: false",
    ),
    "max_active_runs": KeyDescription(
        "Maximum number of runs at a time.", "동시에 진행되는 실행 수.", "max_active_runs: 1"
    ),
    "max_active_tasks": KeyDescription(
        "Maximum number of tasks at a time, over all runs.",
        "모든 실행을 합쳐 동시에 진행되는 태스크 수.",
        "max_active_tasks: 4",
    ),
    "max_consecutive_failed_dag_runs": KeyDescription(
        "Number of failed runs in a row after which the pipeline is paused; 0: never.",
        "연속으로 이만큼 실패하면 일시 중지. 0이면 중지하지 않습니다.",
        "max_consecutive_failed_dag_runs: 3",
    ),
    "dagrun_timeout": KeyDescription(
        "A run that takes longer fails.",
        "이보다 오래 걸리는 실행은 실패로 끝납니다.",
        "dagrun_timeout: {__type__: datetime.timedelta, hours: 1}",
    ),
    "deadline": KeyDescription(
        "Calls a notifier when a run isn't finished in time; the run continues.",
        "실행이 제때 끝나지 않으면 알림을 호출합니다. 실행은 계속됩니다.",
        "deadline:\n  after: queued\n  interval: {__type__: datetime.timedelta, minutes: 50}\n"
        "  callback: airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier\n"
        "  arguments: {text: data_collection is late}",
    ),
    "is_paused_upon_creation": KeyDescription(
        "Whether it is paused when Airflow first sees it.",
        "Airflow가 처음 발견했을 때 일시 중지 상태로 둘지 여부.",
        "is_paused_upon_creation: false",
    ),
    "fail_fast": KeyDescription(
        "Whether the first failed task ends the run at once; all tasks then need the rule all_success.",
        "첫 실패에서 실행을 바로 끝낼지 여부. 이때 모든 태스크의 trigger_rule은 all_success여야 합니다.",
        "fail_fast: true",
    ),
    "tags": KeyDescription(
        "For filtering in the UI.", "UI에서 거르는 데 쓰는 태그.", "tags: [weather, rain]"
    ),
    "doc_md": KeyDescription(
        "Description in Markdown, shown on the DAG's page. A Markdown file of the same name next to the YAML "
        "does the same, and `## task_id` in it begins the notes on a task.",
        "DAG 페이지에 보이는 마크다운 설명. YAML 옆에 있는 같은 이름의 마크다운 파일도 같은 일을 하며, "
        "그 안의 `## task_id`부터는 그 태스크의 설명입니다.",
        "doc_md: Adds up the rain of each hour.",
    ),
    "doc_md_file_path": KeyDescription(
        "Absolute path of a Markdown file to use instead of doc_md.",
        "doc_md 대신 쓸 마크다운 파일의 절대 경로.",
        "doc_md_file_path: /opt/airflow/docs/rain.md",
    ),
    "dag_display_name": KeyDescription(
        "Shown instead of its id.", "ID 대신 보이는 이름.", "dag_display_name: 시간별 강수량"
    ),
    "owner_links": KeyDescription(
        "The link behind an owner's name.",
        "소유자 이름의 링크.",
        'owner_links: {weather-mlops: "https://example.org/team"}',
    ),
    "params": KeyDescription(
        "Inputs of the form at Trigger, by name.",
        "트리거할 때 입력받는 값.",
        "params:\n  day:\n    __type__: airflow.sdk.Param\n    type: string\n    format: date\n"
        '    default: "2026-01-01"',
    ),
    "default_args": KeyDescription(
        "Arguments of all its tasks; a task's own arguments take precedence.",
        "모든 태스크의 공통 인자. 태스크에 직접 적은 값이 우선합니다.",
        "default_args: {retries: 3}",
    ),
    "task_groups": KeyDescription(
        "Groups of tasks in the graph. A task names its group with task_group_name.",
        "그래프에서 태스크를 묶는 상자. 태스크는 task_group_name으로 소속을 적습니다.",
        "task_groups:\n  checks: {tooltip: Checks}",
    ),
    "on_success_callback": KeyDescription(
        "Called after a run has succeeded.",
        "성공한 실행 뒤에 호출됩니다.",
        "on_success_callback: package.module.function",
    ),
    "on_failure_callback": KeyDescription(
        "Called after a run has failed.",
        "실패한 실행 뒤에 호출됩니다.",
        "on_failure_callback:\n"
        "  callback: airflow.providers.slack.notifications.slack_webhook.SlackWebhookNotifier\n"
        '  text: "{{ dag.dag_id }} failed"',
    ),
    "access_control": KeyDescription(
        "Permissions of roles.", "역할별 권한.", "access_control: {Viewer: [can_read]}"
    ),
    "allowed_run_types": KeyDescription(
        "Allowed ways to start it; others are refused.",
        "허용하는 실행 방식. 나머지는 거절합니다.",
        "allowed_run_types: [scheduled, manual]",
    ),
    "render_template_as_native_obj": KeyDescription(
        "Whether templates return Python values instead of text.",
        "템플릿 결과를 문자열이 아니라 파이썬 값으로 줄지 여부.",
        "render_template_as_native_obj: true",
    ),
    "template_searchpath": KeyDescription(
        "Folders with template files.",
        "템플릿 파일을 찾는 폴더.",
        "template_searchpath: /opt/airflow/sql",
    ),
    "template_undefined": KeyDescription(
        "How undefined names in templates are handled: jinja2.StrictUndefined fails, jinja2.Undefined "
        "is empty.",
        "템플릿에서 정의되지 않은 이름의 처리: jinja2.StrictUndefined는 실패, jinja2.Undefined는 빈 값.",
        "template_undefined: jinja2.StrictUndefined",
    ),
    "jinja_environment_kwargs": KeyDescription(
        "Settings of Jinja.", "Jinja 설정.", "jinja_environment_kwargs: {keep_trailing_newline: true}"
    ),
    "user_defined_macros": KeyDescription(
        "Names that templates may use: values by their import paths.",
        "템플릿에서 쓸 이름과 그 import 경로.",
        "user_defined_macros: {basename: os.path.basename}",
    ),
    "user_defined_filters": KeyDescription(
        "Filters that templates may use, by their import paths.",
        "템플릿에서 쓸 필터와 그 import 경로.",
        "user_defined_filters: {basename: os.path.basename}",
    ),
    "disable_bundle_versioning": KeyDescription(
        "Whether each task uses the newest files, not those at the start of the run.",
        "실행이 시작 시점의 파일 대신 태스크마다 최신 파일을 쓸지 여부.",
        "disable_bundle_versioning: true",
    ),
    "rerun_with_latest_version": KeyDescription(
        "Whether a cleared run uses the newest files.",
        "다시 실행(clear)할 때 최신 파일을 쓸지 여부.",
        "rerun_with_latest_version: true",
    ),
}

TASK_WORDS: Final = {
    "task_id": KeyDescription(
        "Its name, unique in the pipeline.", "파이프라인 안에서 유일한 태스크 이름.", "task_id: add_up"
    ),
    "operator": KeyDescription(
        "What it does: the import path of an operator.",
        "태스크의 종류: 오퍼레이터의 import 경로.",
        "operator: airflow.providers.standard.operators.bash.BashOperator",
    ),
    "dependencies": KeyDescription(
        "Ids of tasks and task groups that must finish first.",
        "먼저 끝나야 하는 태스크와 태스크 그룹.",
        "dependencies: [collect_weather_data]",
    ),
    "task_group_name": KeyDescription(
        "The task group that it is in.", "속한 태스크 그룹.", "task_group_name: checks"
    ),
    "retries": KeyDescription("Number of retries after a failure.", "실패 시 재시도 횟수.", "retries: 3"),
    "retry_delay": KeyDescription(
        "Time before a retry.",
        "재시도까지의 시간.",
        "retry_delay: {__type__: datetime.timedelta, minutes: 2}",
    ),
    "retry_exponential_backoff": KeyDescription(
        "Factor by which each wait is longer than the one before; 0: all are the same.",
        "재시도 간격이 매번 이 배수로 늘어납니다. 0이면 같습니다.",
        "retry_exponential_backoff: 2",
    ),
    "max_retry_delay": KeyDescription(
        "Maximum time before a retry.",
        "가장 긴 재시도 간격.",
        "max_retry_delay: {__type__: datetime.timedelta, minutes: 15}",
    ),
    "execution_timeout": KeyDescription(
        "An attempt that takes longer fails; null: no limit.",
        "이보다 오래 걸리는 시도는 실패합니다. null이면 제한 없음.",
        "execution_timeout: {__type__: datetime.timedelta, minutes: 20}",
    ),
    "trigger_rule": KeyDescription(
        "How the upstream tasks must have ended for it to start.",
        "선행 태스크가 어떻게 끝나야 시작하는지.",
        "trigger_rule: all_done",
    ),
    "pool": KeyDescription("The pool whose slots it takes.", "슬롯을 차지하는 풀.", "pool: kma"),
    "pool_slots": KeyDescription("Slots that it takes.", "차지하는 슬롯 수.", "pool_slots: 1"),
    "owner": KeyDescription("Who is responsible for it.", "담당자.", "owner: weather-mlops"),
    "outlets": KeyDescription(
        "Assets that it updates: pipelines that wait for them then run.",
        "갱신하는 에셋. 이를 기다리는 파이프라인이 실행됩니다.",
        'outlets: ["iceberg://weather/observations"]',
    ),
    "inlets": KeyDescription(
        "Assets that it reads.", "읽는 에셋.", 'inlets: ["iceberg://weather/observations"]'
    ),
    "params": KeyDescription("Values for its templates.", "템플릿에 쓰는 값.", "params: {station: 108}"),
    "doc_md": KeyDescription(
        "Notes in Markdown, instead of those in the Markdown file next to the YAML.",
        "마크다운 메모. YAML 옆 마크다운 파일의 설명을 대신합니다.",
        "doc_md: Adds up the rain of each hour.",
    ),
    "map_index_template": KeyDescription(
        "The name of each of its mapped tasks.",
        "매핑된 태스크 각각의 이름.",
        'map_index_template: "{{ task.target }}"',
    ),
    "priority_weight": KeyDescription(
        "Tasks with a higher weight run first.", "클수록 먼저 실행됩니다.", "priority_weight: 10"
    ),
    "queue": KeyDescription("The queue of workers.", "워커 큐.", "queue: default"),
    "on_failure_callback": KeyDescription(
        "Called when it has failed after all retries.",
        "최종 실패 시 호출됩니다.",
        "on_failure_callback: package.module.function",
    ),
    "on_success_callback": KeyDescription(
        "Called when it has succeeded.", "성공 시 호출됩니다.", "on_success_callback: package.module.function"
    ),
    "on_retry_callback": KeyDescription(
        "Called before a retry.", "재시도 전에 호출됩니다.", "on_retry_callback: package.module.function"
    ),
    "on_execute_callback": KeyDescription(
        "Called before it starts.", "시작 전에 호출됩니다.", "on_execute_callback: package.module.function"
    ),
    "on_skipped_callback": KeyDescription(
        "Called when it skips itself.",
        "스스로 건너뛸 때 호출됩니다.",
        "on_skipped_callback: package.module.function",
    ),
    "depends_on_past": KeyDescription(
        "Whether it needs its own success in the previous run.",
        "이전 실행에서 이 태스크가 성공해야 시작할지 여부.",
        "depends_on_past: true",
    ),
    "wait_for_downstream": KeyDescription(
        "Whether it also waits for the tasks directly after it in the previous run.",
        "이전 실행의 바로 다음 태스크까지 기다릴지 여부.",
        "wait_for_downstream: true",
    ),
    "max_active_tis_per_dag": KeyDescription(
        "Maximum number of its instances at a time, over all runs.",
        "모든 실행을 합쳐 동시에 진행되는 이 태스크의 수.",
        "max_active_tis_per_dag: 2",
    ),
    "max_active_tis_per_dagrun": KeyDescription(
        "Maximum number of its instances at a time, in one run.",
        "한 실행 안에서 동시에 진행되는 이 태스크의 수.",
        "max_active_tis_per_dagrun: 2",
    ),
    "do_xcom_push": KeyDescription(
        "Whether its result is stored for later tasks.",
        "결과를 다음 태스크에 남길지 여부.",
        "do_xcom_push: false",
    ),
    "task_display_name": KeyDescription(
        "Shown instead of its id.", "ID 대신 보이는 이름.", "task_display_name: 합산"
    ),
}
