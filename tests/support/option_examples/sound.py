"""Options of a leg's sound."""

from __future__ import annotations

import io

import soundfile

from support.option_examples.asking import Shown, kind, status

SHOWN: dict[str, Shown] = {
    "audio_methods": Shown(
        lambda pbx: status(pbx.njadmin("retrieve", method="GET", tag="A1", leg=1)),
        {"post": 405, "post-and-get": 200},
        everywhere=True,
    ),
    "audio_without_leg": Shown(
        lambda pbx: status(pbx.njadmin("retrieve", tag="A1")), {"first-leg": 200, "refused": 400}, everywhere=True
    ),
    "audio_format": Shown(
        lambda pbx: soundfile.info(io.BytesIO(pbx.njadmin("retrieve", tag="A1", leg=1).body)).subtype,
        {"wav-pcm": "PCM_16", "wav-alaw": "ALAW", "wav-ulaw": "ULAW", "mpeg": "MPEG_LAYER_III"},
        everywhere=True,
    ),
    "audio_aged_form": Shown(
        lambda pbx: dict(pbx.njadmin("retrieve", tag="A1", leg=1).headers)["Content-Type"],
        {"as-recorded": "audio/x-wav", "mpeg": "audio/mpeg"},
        everywhere=True,
    ),
    "audio_unknown_leg": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieve", tag="A1", leg=7)),
            kind(pbx.njadmin("retrieve", tag="GONE", leg=1)),
        ],
        {"404": [(404, "failure")] * 2, "200": [(200, "failure")] * 2},
        everywhere=True,
    ),
}
