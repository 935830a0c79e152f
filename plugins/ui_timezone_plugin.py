"""Show times in Asia/Seoul in the UI until the user chooses another time zone, and tell us the UI's language.

Airflow 3 has no setting for the zone any more: the UI takes it from the browser's local storage, or else
the browser's own. The language is kept there, too. This plugin adds a script to the UI's page that stores
Asia/Seoul if nothing is stored, and copies the language to a cookie. When a user chooses another language,
the script loads the page again: the UI would keep the texts that it has got in the former one.
"""

from typing import TYPE_CHECKING, Any, Final

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT: Final = b"""<script>
if (!localStorage.getItem("timezone")) localStorage.setItem("timezone", JSON.stringify("Asia/Seoul"));
(() => {
  const name = "weather_ui_language=";
  const copyLanguage = (reload) => {
    const language = localStorage.getItem("i18nextLng");
    const before = document.cookie.split("; ").find((cookie) => cookie.startsWith(name));
    const now = name + encodeURIComponent(language);
    if (!language || before === now) return;
    document.cookie = now + "; path=/; SameSite=Lax; max-age=31536000";
    if (reload && before) location.reload();
  };
  copyLanguage(false);
  new MutationObserver(() => copyLanguage(true))
    .observe(document.documentElement, { attributeFilter: ["lang"] });
})();
</script></head>"""


class DefaultTimezone:
    """ASGI middleware that adds the script to the head of every page of the UI.

    Args:
        app: the wrapped application.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self.app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def add_script(message: "Message") -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(message):
                    await send(message)
                return
            if start is None or not _is_page(start):
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = body.replace(b"</head>", SCRIPT, 1)
            headers = [(k, v) for k, v in start["headers"] if k.lower() not in {b"content-length", b"etag"}]
            await send({**start, "headers": [*headers, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, add_script)


def _is_page(start: "Message") -> bool:
    headers = dict(start.get("headers", []))
    # A page with its own content security policy isn't the UI's, and wouldn't run the script.
    return headers.get(b"content-type", b"").startswith(b"text/html") and not (
        {b"content-encoding", b"content-security-policy"} & set(headers)
    )


class UiTimezonePlugin(AirflowPlugin):
    """Asia/Seoul as the UI's default time zone."""

    name = "ui_timezone"
    fastapi_root_middlewares: list[dict[str, Any]] = [  # noqa: RUF012  an attribute of Airflow's base class
        {"name": "default timezone", "middleware": DefaultTimezone}
    ]
