"""Classify error responses by their words, in Korean and English; without I/O.

The KMA publishes no list of its messages, so that only the words in them can be classified.
"""

import re
from typing import Final

from weather_mlops.errors import (
    EndpointNotApproved,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    QuotaExhausted,
    WeatherError,
)

_APPROVAL: Final = re.compile(r"활용\s?신청|권한|승인|approv|permission|subscri")
# The approval of this API is missing; rather than advice on how to get more calls.
_UNAPPROVED: Final = re.compile(
    r"(필요한|하지\s?않은|되지\s?않은|없는)\s?(api|서비스|자료)|not (approved|subscribed)"
)
_MORE_CALLS: Final = re.compile(
    r"증량|증설|상향|늘리|늘려|추가\s?(이용|호출|사용|건수|용량)|increase|raise|more calls"
)
_KEY: Final = re.compile(
    r"인증\s?키|서비스\s?키"
    r"|인증(에|이|을|은)?\s?(정보|값|토큰|실패|오류|거부|만료|불가|필요|되지|할 수 없|받지)"
    r"|(auth|api|service)\s?key|authentication (failed|failure|error|required)|unauthori[sz]ed"
    r"|(invalid|bad|wrong) credentials"
)
_DATE_PATTERN: Final = re.compile(
    r"일일|하루|(?<!\d)1일|금일|오늘|daily|(per|a|this|the) day|today|24 ?(h|시간)"
    r"|(?<!\w)일\s?(최대|호출|허용|이용|요청|사용|제한|트래픽)"
)
_CALLS: Final = re.compile(
    r"호출|요청\s?(건수|횟수|수|제한|량)|이용\s?(건수|횟수)|횟수|건수|트래픽|용량|사용량|이용량"
    r"|\bcalls?\b|\brequests\b|\brequest (limit|count|quota)|traffic|usage|quota"
)
_LIMIT: Final = re.compile(
    r"제한|한도|초과|소진|도달|최대|\blimit|exceed|exhaust|quota|maximum|used up|reached|over"
)
# Words that mean the quota unless the message names another quantity.
_QUOTA: Final = re.compile(r"한도|초과|용량|quota|\blimit\b|limit exceed")
_OTHER_QUANTITY: Final = re.compile(
    r"기간|지점|파라미터|크기|길이|\bip\b|period|parameter|interval|size|length|station"
)
_RATE: Final = re.compile(
    r"초당|분당|동시|잠시\s?후|시간(이|을)?\s?초과|per (second|minute)|concurren|simultaneous|too (many|fast)"
    r"|rate ?limit|time ?-?out|timed out|time limit"
)
_USED_UP: Final = re.compile(r"초과|소진|도달|exceed|exhaust|used up|reached")
MAINTENANCE: Final = re.compile(
    r"점검|(시스템|서버|정기|긴급).{0,8}(작업|교체|이전|개선)|서비스.{0,12}(중단|중지)|서비스\s?준비\s?중"
    r"|maintenance|(scheduled|planned) (downtime|outage)"
)
# On a page: the message of a web server, a proxy or a firewall.
IN_BETWEEN: Final = re.compile(
    r"nginx|apache|squid|cloudflare|akamai|proxy|firewall|blocked|프록시|방화벽|차단"
    r"|permission to access (?!this api)|access denied"
)
NOT_YET: Final = re.compile(r"까지.{0,10}제공")


def plain(message: str) -> str:
    """Normalize a message for the search: lower case, blanks instead of underscores."""
    return " ".join(message.lower().replace("_", " ").split())


def meaning(words: str, *, broken: bool) -> type[WeatherError] | None:
    """The error that the words of a response describe; None where they describe none.

    Args:
        words: normalized by ``plain``.
        broken: whether the status means a server error.
    """
    used_up, approval, limit = _USED_UP.search(words), _APPROVAL.search(words), _LIMIT.search(words)
    unapproved = approval and _UNAPPROVED.search(words)
    # Advice on how to get more calls names the approval as well.
    advice = _MORE_CALLS.search(words) and not unapproved
    lacking = approval and not used_up and not advice
    daily = _DATE_PATTERN.search(words) and (
        _CALLS.search(words) or (limit and not _OTHER_QUANTITY.search(words))
    )
    meanings = (
        (daily and (not lacking or (limit and not unapproved)), QuotaExhausted),
        (broken and MAINTENANCE.search(words), KmaMaintenance),
        (broken, None),  # with a server error, 'capacity exceeded' is not about the account
        (lacking, EndpointNotApproved),
        (_RATE.search(words), KmaUnavailable),
        (_is_quota(words), QuotaExhausted),
        (_KEY.search(words), KeyRefused),
        (MAINTENANCE.search(words), KmaMaintenance),
    )
    return next((kind for applies, kind in meanings if applies), None)


def _is_quota(words: str) -> bool:
    counted = _CALLS.search(words) and _LIMIT.search(words)
    return bool(counted or _QUOTA.search(words)) and not _OTHER_QUANTITY.search(words)
