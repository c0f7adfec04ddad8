"""What is kept when traffic is redacted: the tables of known names, and the form of each value that may stay.

A name that no table knows is replaced, and so is its value. A value of a known name stays only in the form of its rule:
a telephone number in a field for hours is replaced. Source of the names: the vendor's pages, see `docs/sources.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum


class Treatment(Enum):
    """What happens to the value of a name, if it is not kept for its form."""

    CREDENTIAL = "credential"
    PERSONAL = "personal"
    TEXT = "text"
    URL = "url"
    HOST = "host"


Rule = Treatment | re.Pattern[str]
"""A treatment, or the form of values that stay; other values are personal."""

_DAY, _MONTH = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONES = (
    "Z|UTC|GMT|WET|WEST|BST|IST|CET|CEST|EET|EEST|MSK|SAST|PKT|ICT|WIB|SGT|MYT|PHT|HKT|JST|KST|AWST|ACST|ACDT|AEST|AEDT|"
    "LHST|LHDT|CHST|FJT|NZST|NZDT|HST|AKST|AKDT|PST|PDT|MST|MDT|CST|CDT|EST|EDT|AST|ADT|NST|NDT|BRT|ART"
)
_ZONE = rf"(?:(?:{_ZONES})(?:[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?)?|[+-][0-9]{{2}}:?[0-9]{{2}})"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
TIME_PATTERN = "|".join(
    [
        rf"(?:19|20)[0-9]{{2}}[-/][0-9]{{2}}[-/][0-9]{{2}}(?:[ T]{_CLOCK}(?: ?{_ZONE})?)?",
        rf"{_DAY},? {_MONTH} [0-9]{{1,2}} {_CLOCK}(?: {_ZONE})? (?:19|20)[0-9]{{2}}",
        rf"{_DAY}, [0-9]{{1,2}}[ -]{_MONTH}[ -](?:19|20)?[0-9]{{2}} {_CLOCK}(?: {_ZONE})?",
    ]
)
"""Times as Java, ISO 8601 and HTTP write them."""
_MILLIS_PATTERN = r"1[0-9]{12}|2[01][0-9]{11}"

TIME = re.compile(rf"(?:{TIME_PATTERN})?")
TIME_STAMP = re.compile(rf"(?:{TIME_PATTERN}|{_MILLIS_PATTERN})?")
EPOCH = re.compile(rf"(?:{TIME_PATTERN}|{_MILLIS_PATTERN}|1[0-9]{{9}}|2[01][0-9]{{8}})?")
"""Times, or seconds since 1970, which may also be a telephone number: only for fields that a dialect file names."""
CLOCK_BODY = re.compile(rb"\s*(?:1[0-9]{12}|2[01][0-9]{11})\s*")
LEG = re.compile(r"[0-9]{0,4}")
HOUR = re.compile(r"[0-9]{0,2}")
DURATION = re.compile(r"[0-9]{0,6}(?:\.[0-9]{1,6})?")
CODE = re.compile(r"-?[0-9]{1,3}|-?[1-9][0-9]{3}")
COUNT = re.compile(r"[0-9]{0,6}")
YES_NO = re.compile(r"(?:true|false|yes|no|0|1)?", re.IGNORECASE)
DIRECTION = re.compile(r"(?:[0-9]|in|out|int|inbound|outbound|internal|incoming|outgoing)?", re.IGNORECASE)
CALL_STATUS = re.compile(r"(?:Ringing|Connected|Hungup|Dialing Out)?")
METHOD = re.compile(r"start|stop|retrieve|dial|answer|hangup|subscribe|authenticate")
ANSWER_TYPE = re.compile(r"(?:success|error|warning|notice|ok|info|failure)?", re.IGNORECASE)
PERSONAL, CREDENTIAL, TEXT = Treatment.PERSONAL, Treatment.CREDENTIAL, Treatment.TEXT
URL, HOST = Treatment.URL, Treatment.HOST

LITERALS = frozenset({"internal", "administrator", "noojeeadmin", "anonymous", "unknown", "restricted", "private"})
"""Values of personal fields that name nobody.

Source: 4.1 (SPEC), 04.1 Routing (W-RT) (DOC); caller ids without a number.
"""

FIELDS: Mapping[str, Rule] = {
    "Source": PERSONAL, "Destination": PERSONAL, "DID": PERSONAL, "Tag": PERSONAL, "Username": PERSONAL,
    "CallRecordId": PERSONAL, "UniqueId": PERSONAL, "Leg": LEG, "Start": TIME,
    "callend": TIME, "Duration": DURATION, "Direction": DIRECTION,
    "apiKey": CREDENTIAL, "hash": CREDENTIAL, "timeStamp": TIME_STAMP, "date": TIME, "hour": HOUR, "method": METHOD,
    "extenOrUniqueId": PERSONAL, "agentLoginName": PERSONAL, "exten": PERSONAL, "number": PERSONAL,
    "callerId": PERSONAL, "phoneCaption": PERSONAL, "answerString": PERSONAL,
    "instanceId": PERSONAL, "xDebugArg": PERSONAL,
    "autoAnswer": YES_NO, "monitored": YES_NO, "record": YES_NO, "lastSequenceNumber": COUNT, "timeOut": COUNT,
    "Message": TEXT, "Code": CODE, "SessionID": PERSONAL, "Data": PERSONAL, "CallData": PERSONAL, "CallID": PERSONAL,
    "seq": COUNT, "canAnswer": YES_NO, "uniqueCallId": PERSONAL, "secondaryUniqueCallId": PERSONAL,
    "callStartTime": TIME, "isQueueCall": YES_NO, "isClickToDialCall": YES_NO, "inbound": YES_NO, "status": CALL_STATUS,
    "otherPartyCallerId": PERSONAL, "connectedCallerIdNum": PERSONAL, "outboundDestination": PERSONAL,
    "type": ANSWER_TYPE, "error": TEXT, "description": TEXT, "detail": TEXT, "title": TEXT, "reason": TEXT,
    "entities": PERSONAL, "items": PERSONAL, "MetaData": PERSONAL, "id": PERSONAL, "name": PERSONAL, "total": COUNT,
    "fTemplateId": PERSONAL, "campaignId": PERSONAL, "fCampaignId": PERSONAL, "allocationId": PERSONAL,
    "fDispositions": PERSONAL, "path": URL, "url": URL, "next": URL, "trace": TEXT, "exception": TEXT,
    "key": CREDENTIAL, "token": CREDENTIAL, "access_token": CREDENTIAL, "password": CREDENTIAL, "secret": CREDENTIAL,
    "session": CREDENTIAL, "sessionId": CREDENTIAL, "jsessionid": CREDENTIAL,
    "signature": CREDENTIAL, "sig": CREDENTIAL,
}  # fmt: skip
"""Query parameters, form fields and keys of JSON. The case of a name does not matter."""

_DATE = re.compile(rf"(?:{TIME_PATTERN})?")
_SIZE = re.compile(r"[0-9]{1,15}")
_SECONDS = re.compile(r"[0-9]{1,7}")
_TOKENS = re.compile(
    r"(?:\s*,?\s*(?:keep-alive|close|upgrade|TE|trailers|chunked|gzip|deflate|br|zstd|x-gzip|compress|identity|bytes|none|nosniff|deny|"
    r"sameorigin|no-cache|no-store|no-transform|must-revalidate|must-understand|proxy-revalidate|private|public|immutable|"
    r"max-age=[0-9]{1,10}|s-maxage=[0-9]{1,10}|max=[0-9]{1,6}|timeout=[0-9]{1,6}|100-continue|GET|HEAD|POST|PUT|DELETE|"
    r"PATCH|OPTIONS|TRACE|CONNECT|Accept|Accept-Encoding|Accept-Language|Authorization|Content-Type|Cookie|Host|HTTP/[0-9.]{1,3}|Origin|"
    r"Range|Referer|User-Agent|X-Requested-With|0|1; mode=block|\*))*\s*",
    re.IGNORECASE,
)
_MEDIA = (
    r"(?:application/(?:json|xml|x-www-form-urlencoded|octet-stream|soap\+xml|problem\+json|x-ndjson|ogg|javascript|pdf|zip)|"
    r"text/(?:plain|html|xml|css|javascript|event-stream|csv|\*)|image/(?:png|jpeg|gif|svg\+xml|webp|\*|x-icon)|"
    r"audio/(?:wav|wave|x-wav|vnd\.wave|basic|mpeg|mp3|ogg|opus|gsm|x-gsm|flac|x-flac|aac|mp4|pcmu|pcma|l16|\*)|"
    r"multipart/form-data|\*/\*|\*)"
)
_PARAMETER = (
    r"(?:\s*;\s*(?:charset=\"?(?:utf-8|utf-16|us-ascii|ascii|iso-8859-1|iso-8859-15|windows-1252|latin1)\"?|q=[01](?:\.[0-9]{1,3})?|"
    r"rate=[0-9]{1,6}|channels=[0-9]{1,2}|codecs=\"?[0-9]{1,3}\"?|v=b3))"
)
MEDIA_TYPES = re.compile(rf"(?:{_MEDIA}{_PARAMETER}*)?(?:\s*,\s*{_MEDIA}{_PARAMETER}*)*", re.IGNORECASE)
_LANGUAGES = re.compile(r"(?:\s*,?\s*(?:[a-z]{2}(?:-[A-Za-z]{2})?|\*)(?:;q=[01](?:\.[0-9]{1,3})?)?)*", re.IGNORECASE)
_CODINGS = re.compile(
    r"(?:\s*,?\s*(?:gzip|deflate|br|zstd|x-gzip|compress|identity|\*)(?:;\s*q=[01](?:\.[0-9]{1,3})?)?)*", re.IGNORECASE
)
_RANGE = re.compile(r"bytes[= ](?:[0-9]{0,15}-?[0-9]{0,15}(?:/(?:[0-9]{1,15}|\*))?(?:, ?)?)*")
_RETRY = re.compile(rf"[0-9]{{1,6}}|{TIME_PATTERN}")

HEADERS: Mapping[str, Rule] = {
    "content-type": MEDIA_TYPES, "accept": MEDIA_TYPES, "content-length": _SIZE, "transfer-encoding": _TOKENS,
    "connection": _TOKENS, "keep-alive": _TOKENS, "te": _TOKENS, "trailer": _TOKENS,
    "upgrade": _TOKENS, "expect": _TOKENS,
    "content-encoding": _CODINGS, "accept-encoding": _CODINGS,
    "accept-language": _LANGUAGES, "content-language": _LANGUAGES,
    "cache-control": _TOKENS, "pragma": _TOKENS, "vary": _TOKENS, "allow": _TOKENS, "accept-ranges": _TOKENS,
    "x-content-type-options": _TOKENS, "x-frame-options": _TOKENS, "x-xss-protection": _TOKENS,
    "date": _DATE, "last-modified": _DATE, "expires": re.compile(rf"(?:{TIME_PATTERN}|0|-1)?"),
    "if-modified-since": _DATE, "if-unmodified-since": _DATE, "retry-after": _RETRY, "age": _SECONDS,
    "max-forwards": _SECONDS, "range": _RANGE, "content-range": _RANGE,
    "server": TEXT, "user-agent": TEXT, "via": TEXT, "x-powered-by": TEXT, "warning": TEXT,
    "content-disposition": TEXT, "strict-transport-security": TEXT, "content-security-policy": TEXT, "link": TEXT,
    "host": HOST, "etag": PERSONAL, "if-match": PERSONAL, "if-none-match": PERSONAL, "if-range": PERSONAL,
    "from": PERSONAL, "origin": URL, "referer": URL, "location": URL, "content-location": URL, "www-authenticate": TEXT,
    "proxy-authenticate": TEXT, "authorization": CREDENTIAL, "proxy-authorization": CREDENTIAL, "cookie": CREDENTIAL,
    "set-cookie": CREDENTIAL, "set-cookie2": CREDENTIAL,
    "x-api-key": CREDENTIAL, "api-key": CREDENTIAL, "apikey": CREDENTIAL, "x-auth-token": CREDENTIAL,
    "x-forwarded-for": HOST, "x-forwarded-host": HOST, "x-forwarded-proto": re.compile("https?"),
    "x-real-ip": HOST, "forwarded": PERSONAL,
    "x-request-id": PERSONAL, "x-correlation-id": PERSONAL, "traceparent": PERSONAL,
    "content-md5": PERSONAL, "digest": PERSONAL, "x-requested-with": re.compile("XMLHttpRequest"), "p3p": TEXT,
}  # fmt: skip
"""Headers, in lower case."""

_PATH_WORDS = """
    servicemanager services njadmin rest RecordingAPI CallManagementAPI CampaignAPI njadmin-api-recording Time start
    stop dial answer hangup subscribe authenticate retrieve retrieveMetaData retrieveMetaDataByUniqueId
    retrieveMetaDataByHour retrieveByUniqueId retrieveByTag retrieveRecording getCallRecordList api v1 v2 v3 recordings
    recording calls call legs leg audio sound metadata health login index.html favicon.ico
"""
PATH_WORDS = frozenset(_PATH_WORDS.split())
"""Segments of paths that stay. Source: the vendor's pages (DOC); the rest are plain words of such APIs."""

_ELEMENTS = """
    html head body title meta link style script h1 h2 h3 h4 h5 h6 p a b i u em strong br hr div span pre code table
    thead tbody tr td th ul ol li img form input label button font center small big nav header footer main section
    article doctype
    xml envelope fault faultcode faultstring faultactor detail
    soap soapenv soap-env env xmlns charset content name http-equiv href src class id lang size color width height align
    noshade rel type value method action border encoding version standalone public
"""
ELEMENTS = frozenset(_ELEMENTS.split())
"""Names of HTML and SOAP elements and attributes that stay."""


def _folded(table: Mapping[str, Rule]) -> dict[str, Rule]:
    return {name.lower(): rule for name, rule in table.items()}


LONGEST_KEPT = 400
"""The longest value that stays for its form: longer ones are unusual, and take long to check."""
FOLDED_FIELDS = _folded(FIELDS)


def keeps(rule: Rule, value: str) -> bool:
    """Whether a value stays for its form."""
    return isinstance(rule, re.Pattern) and len(value) <= LONGEST_KEPT and rule.fullmatch(value) is not None
