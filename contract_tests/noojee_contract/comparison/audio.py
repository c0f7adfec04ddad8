"""Compares two sounds: the same recording in another coding is equal, another recording is different.

Samples that are nearly equal are equal. Else each two seconds are compared by the shape of their log-mel spectrum, in
every channel, for some lags between the two sounds; the worst two seconds decide, at the best lag. Silence is left out.
Both files are decoded in blocks, so that memory does not grow with their length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from noojee_contract.model.audio import Sound

if TYPE_CHECKING:
    import numpy

    Array: TypeAlias = numpy.ndarray[Any, Any]

LENGTH_SECONDS = 0.5  # what an encoder may add or take away
LEAST_SECONDS = 2.0  # of sound, without silence
WINDOW_SECONDS = 2.0
LAG_SECONDS = 0.4  # what an encoder may shift: AAC has 0.26 s at 8 kHz
LIKENESS = 0.60  # of 1
EXACT_SECONDS = 0.1
GAP_SECONDS = 0.5  # of two seconds that one side has and the other lacks
LOUDEST_DIFFERENCE = 0.1  # of the loudness: samples that differ less are equal
CLOSE_DIFFERENCE = 0.02  # A-law and mu-law differ less
CHANGED_DIFFERENCE, CHANGED_LEAST = 0.4, 0.01  # of the loudness, of full scale
QUIETEST = 1e-4
PADDING_SECONDS = 0.1  # coders fill their last frame
LEVEL_DB = 3.0  # what a coder may change of the loudness of a whole sound
FAINT_DB = -44.0  # of full scale: below, the noise of 8 bit codings is louder than the sound

_FRAME_SECONDS, _HOP_SECONDS = 0.032, 0.010
_BANDS, _LOWEST_HERTZ, _HIGHEST_HERTZ = 24, 150.0, 3600.0  # telephone band
_LOUD_DB = 10.0  # above silence
_ENDS_SECONDS = 0.1  # the first and the last frame are no whole frames
_LEAST_FRAMES = 10  # that sound, of a window's 200
_STEADY_DB = 3.0  # a steady sound (noise, a tone) changes its loudness less
_TONE_SHARE, _TONE_BINS = 0.6, 40  # of the power in so many of the half hertz: a tone
_WINDOW_FRAMES, _LAG_FRAMES = round(WINDOW_SECONDS / _HOP_SECONDS), round(LAG_SECONDS / _HOP_SECONDS)


class Likeness(StrEnum):
    """What a comparison of two sounds found."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundComparison:
    """What a comparison of two sounds found, and why.

    `score` is the correlation of the worst two seconds, if known; also where they are too little to decide.
    """

    likeness: Likeness
    reason: str
    score: float | None = None


def compare_sounds(one: Sound, other: Sound) -> SoundComparison:
    """Whether `other` is the recording `one`, in any coding.

    Silence in place of sound is different; sound in place of silence, and less than two seconds of sound, is undecided.
    """
    if one.content == other.content:
        return SoundComparison(likeness=Likeness.EQUAL, reason="the files are the same")
    if one.channels != other.channels:
        reason = f"the first has {_channels(one)}, the second {_channels(other)}"
        return SoundComparison(likeness=Likeness.DIFFERENT, reason=reason)
    if abs(one.seconds - other.seconds) > LENGTH_SECONDS:
        reason = f"the first lasts {one.seconds:.1f} s, the second {other.seconds:.1f} s"
        return SoundComparison(likeness=Likeness.DIFFERENT, reason=reason)
    found = _compare(one, other, range(one.channels))
    if found.likeness is Likeness.DIFFERENT and one.channels == 2:
        swapped = _compare(one, other, (1, 0))
        if swapped.likeness is Likeness.EQUAL:
            return SoundComparison(
                likeness=Likeness.DIFFERENT, reason="the two channels are swapped", score=found.score
            )
    return found


def differs_when_encoded_again(one: Sound, other: Sound) -> str | None:
    """Why `other` is not the sound `one`, encoded once more, in any coding; None if it may be.

    Both have the same length but for padding. Sounds that are too short or too silent to decide have the same loudness,
    and what can be compared is alike.
    """
    if abs(one.seconds - other.seconds) > PADDING_SECONDS:
        return f"the first lasts {one.seconds:.2f} s, the second {other.seconds:.2f} s"
    found = compare_sounds(one, other)
    if found.likeness is Likeness.DIFFERENT:
        return found.reason
    if found.likeness is Likeness.EQUAL:
        return None
    seconds = min(one.seconds, other.seconds)
    for first, second in zip(_loudness(one, seconds), _loudness(other, seconds), strict=True):
        if abs(first - second) > LEVEL_DB:
            return f"the first has {first:.0f} dB of full scale, the second {second:.0f} dB"
    if found.score is not None and found.score < LIKENESS:
        return f"the sounds differ ({found.score:.2f} of 1)"
    return None


def _loudness(sound: Sound, seconds: float) -> list[float]:
    """The mean loudness of each channel in its first seconds, in dB of full scale. Faint sound counts as `FAINT_DB`.

    The padding at the end is left out: the last frame of GSM is noise.
    """
    import numpy

    count = round(max(seconds / 2, seconds - PADDING_SECONDS) * sound.sample_rate)
    starts = [WINDOW_SECONDS * place for place in range(int(seconds // WINDOW_SECONDS) + 1)]
    total = numpy.zeros(sound.channels)
    for start, piece in zip(starts, sound.pieces(starts, WINDOW_SECONDS), strict=True):
        kept = piece[:, : max(0, count - round(start * sound.sample_rate))]
        total += numpy.square(kept, dtype="float64").sum(axis=1)
    return [max(FAINT_DB, float(each)) for each in _decibel(total / max(1, count))]


def _channels(sound: Sound) -> str:
    return "1 channel" if sound.channels == 1 else f"{sound.channels} channels"


def _compare(one: Sound, other: Sound, order: Sequence[int]) -> SoundComparison:
    """Compare the channels of one sound with the channels of the other in this order."""
    import numpy

    if (by_samples := _by_samples(one, other, order)) is not None:
        return by_samples
    worst, compared = numpy.ones(2 * _LAG_FRAMES + 1), 0
    scores: list[tuple[float, Array]] = []
    for window in _windows(one, other, order):
        if (likeness := window.likeness()) is not None:
            compared += window.sounding
            worst = numpy.minimum(worst, likeness)
            scores.append((window.start, likeness))
    best = int(numpy.argmax(worst))
    score = float(worst[best])
    reason = _too_little(one, compared * _HOP_SECONDS)
    if reason is not None:
        return SoundComparison(likeness=Likeness.UNDECIDED, reason=reason, score=score if scores else None)
    if score >= LIKENESS:
        return SoundComparison(likeness=Likeness.EQUAL, reason=f"the sounds are alike ({score:.2f} of 1)", score=score)
    start = min(scores, key=lambda pair: float(pair[1][best]))[0]
    where = f"from {start:.0f} s to {start + WINDOW_SECONDS:.0f} s"
    return SoundComparison(
        likeness=Likeness.DIFFERENT, reason=f"the sounds differ, most {where} ({score:.2f} of 1)", score=score
    )


def _by_samples(one: Sound, other: Sound, order: Sequence[int]) -> SoundComparison | None:
    """Compare the samples without a lag. None if they differ as two codings do.

    If half of the windows with sound are very nearly equal, a very different one was changed: no coding does that.
    """
    import numpy

    if one.sample_rate != other.sample_rate or abs(one.seconds - other.seconds) > EXACT_SECONDS:
        return None
    starts = [WINDOW_SECONDS * place for place in range(int(max(one.seconds, other.seconds) // WINDOW_SECONDS) + 1)]
    nearly, sounding, closely, changed = True, 0, 0, list[float]()
    pieces = zip(starts, one.pieces(starts, WINDOW_SECONDS), other.pieces(starts, WINDOW_SECONDS), strict=True)
    for start, a, b in pieces:
        loud = numpy.sqrt(numpy.mean(numpy.square(a), axis=1))
        differ = numpy.sqrt(numpy.mean(numpy.square(a - b[list(order)]), axis=1))
        nearly = nearly and not (differ > numpy.maximum(LOUDEST_DIFFERENCE * loud, QUIETEST)).any()
        if (loud > CHANGED_LEAST).any():
            sounding += 1
            closely += not (differ > numpy.maximum(CLOSE_DIFFERENCE * loud, QUIETEST)).any()
        if (differ > numpy.maximum(CHANGED_DIFFERENCE * loud, CHANGED_LEAST)).any():
            changed.append(start)
    if nearly:
        return SoundComparison(likeness=Likeness.EQUAL, reason="the samples are equal", score=1.0)
    if changed and closely and 2 * closely >= sounding:
        reason = (
            f"the samples are equal but for {len(changed)} times {WINDOW_SECONDS:.0f} s, first from {changed[0]:.0f} s"
        )
        return SoundComparison(likeness=Likeness.DIFFERENT, reason=reason)
    return None


def _too_little(one: Sound, compared_seconds: float) -> str | None:
    """Why a sound cannot be compared; None if it can. The text has no numbers, so that a report can count it."""
    if one.sounding_seconds < _LEAST_FRAMES * _HOP_SECONDS:
        return "the first sound is silent"
    if min(one.sounding_seconds, compared_seconds) < LEAST_SECONDS - _ENDS_SECONDS:
        return f"less than {LEAST_SECONDS:.0f} s that are no silence and no steady noise"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """A channel of a sound in one window. Frames that are no part of the sound are not `valid`."""

    samples: Array
    sample_rate: int
    silence_db: float
    valid: Array
    bands: Array  # dB: one row a frame
    levels: Array  # dB: one entry a frame

    @property
    def loud(self) -> Array:
        """The frames that are well above silence."""
        return (self.levels > self.silence_db + _LOUD_DB) & self.valid

    @property
    def quiet(self) -> Array:
        """The frames that are silent."""
        return (self.levels <= self.silence_db) & self.valid

    def sounding(self, frames: slice) -> Array:
        """Which of these frames are no silence."""
        return (self.levels[frames] > self.silence_db) & self.valid[frames]

    def is_steady(self, frames: slice) -> bool:
        """Whether these frames are silent, or sound and do not change their loudness: noise or a tone."""
        import numpy

        sounding = self.sounding(frames)
        if sounding.sum() < _LEAST_FRAMES:
            return True
        if sounding.sum() < 0.8 * self.valid[frames].sum():
            return False
        low, high = numpy.percentile(self.levels[frames][sounding], (10, 90))  # an encoder fades in and out
        return bool(high - low < _STEADY_DB)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Two seconds of two sounds. The second has more on either side, for the lags."""

    start: float
    pairs: tuple[tuple[_Channel, _Channel], ...]

    @property
    def sounding(self) -> int:
        """The frames that are no silence, in the channel that has most."""
        return max(int(one.sounding(_ALL).sum()) for one, _ in self.pairs)

    def likeness(self) -> Array | None:
        """The correlation of the worst channel, for each lag; None if every channel is silent or steady noise."""
        import numpy

        found = [each for one, other in self.pairs if (each := _likeness(one, other)) is not None]
        return numpy.min(found, axis=0) if found else None


_ALL = slice(0, _WINDOW_FRAMES)
_MIDDLE = slice(_LAG_FRAMES, _LAG_FRAMES + _WINDOW_FRAMES)


def _windows(one: Sound, other: Sound, order: Sequence[int]) -> Iterator[_Window]:
    """Each two seconds that both sounds have; the last end with the shorter sound."""
    length = min(one.seconds, other.seconds)
    starts = [WINDOW_SECONDS * place for place in range(int(length // WINDOW_SECONDS))]
    if not starts or length % WINDOW_SECONDS > _FRAME_SECONDS:
        starts.append(max(0.0, length - WINDOW_SECONDS))
    seconds = WINDOW_SECONDS + _FRAME_SECONDS
    pieces = zip(
        starts,
        one.pieces(starts, seconds),
        other.pieces([start - LAG_SECONDS for start in starts], seconds + 2 * LAG_SECONDS),
        strict=True,
    )
    highest = min(one.sample_rate, other.sample_rate) / 2
    for start, first, second in pieces:
        pairs = tuple(
            (
                _channel(one, place, first[place], start, highest),
                _channel(other, moved, second[moved], start - LAG_SECONDS, highest),
            )
            for place, moved in enumerate(order)
        )
        yield _Window(start=start, pairs=pairs)


def _channel(sound: Sound, place: int, samples: Array, start: float, highest: float) -> _Channel:
    import numpy

    rate, silence_db = sound.sample_rate, sound.levels[place].silence_db
    size = round(_FRAME_SECONDS * rate)
    count = int((len(samples) / rate - _FRAME_SECONDS) / _HOP_SECONDS + 0.5)
    firsts = numpy.round(numpy.arange(count) * (_HOP_SECONDS * rate)).astype("int64")
    frames = numpy.lib.stride_tricks.sliding_window_view(samples, size)[firsts]
    mel = _power(frames, size) @ _mel_bands(rate, size, highest)
    middle = start + firsts / rate + _FRAME_SECONDS / 2
    return _Channel(
        samples=samples,
        sample_rate=rate,
        silence_db=silence_db,
        valid=(middle >= 0) & (middle <= sound.seconds),
        bands=numpy.maximum(_decibel(mel), silence_db - float(_decibel(numpy.array(mel.shape[1])))),
        levels=_decibel(mel.sum(axis=1)),
    )


def _power(samples: Array, size: int) -> Array:
    """The power of each frequency, so that their sum is the mean square of the samples."""
    import numpy

    spectrum = numpy.fft.rfft(samples * _shape(size), axis=-1)
    power: Array = numpy.square(spectrum.real) + numpy.square(spectrum.imag)
    return power * (2 / size / float(numpy.sum(numpy.square(_shape(size)))))


@cache
def _shape(size: int) -> Array:
    import numpy

    return numpy.hanning(size).astype("float32")


def _decibel(power: Array) -> Array:
    import numpy

    return 10 * numpy.log10(power + 1e-12)


@cache
def _mel_bands(rate: int, size: int, highest: float) -> Array:
    """The share of each frequency of a frame in each band of the mel scale that both sounds have."""
    import numpy

    edges = 700 * (10 ** (numpy.linspace(_mel(_LOWEST_HERTZ), _mel(_HIGHEST_HERTZ), _BANDS + 2) / 2595) - 1)
    hertz = numpy.arange(size // 2 + 1)[:, None] * (rate / size)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    bands = numpy.clip(numpy.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)), 0, None)
    return bands[:, high <= max(highest, float(high[3]))].astype("float32")


def _mel(hertz: float) -> float:
    import math

    return 2595 * math.log10(1 + hertz / 700)


def _likeness(one: _Channel, other: _Channel) -> Array | None:
    """How alike two channels are in a window, for each lag: -1 to 1; None if both are silent or steady noise."""
    import numpy

    if max(one.sounding(_ALL).sum(), other.sounding(_MIDDLE).sum()) < _LEAST_FRAMES:
        return None
    steady = one.is_steady(_ALL) and other.is_steady(_MIDDLE)
    tones = _tones(one, other)
    if steady:
        return None if tones is None else numpy.full(2 * _LAG_FRAMES + 1, tones)
    found = numpy.where(_has_gap(one, other), 0.0, _correlation(one, other))
    return found if tones is None else numpy.minimum(found, tones)


def _has_gap(one: _Channel, other: _Channel) -> Array:
    """Whether either channel is silent for half a second where the other is well above silence, for each lag."""
    import numpy

    lost, added = (
        numpy.lib.stride_tricks.sliding_window_view(frames.astype("float32"), _WINDOW_FRAMES)
        for frames in (other.quiet, other.loud)
    )
    gap: Array = numpy.maximum(lost @ one.loud.astype("float32"), added @ one.quiet.astype("float32"))
    return numpy.greater(gap * _HOP_SECONDS, GAP_SECONDS)


def _tones(one: _Channel, other: _Channel) -> float | None:
    """How alike the tones of two channels are, 0 to 1; None if neither has mainly tones.

    A mel band is too wide for tones.
    """
    import numpy

    first = round(LAG_SECONDS * other.sample_rate)
    spectra = [
        _fine_spectrum(one.samples, one.sample_rate),
        _fine_spectrum(other.samples[first:], other.sample_rate),
    ]
    count = min(len(spectrum) for spectrum in spectra)
    powers = [spectrum[:count] for spectrum in spectra]
    shares = [float(numpy.partition(power, -_TONE_BINS)[-_TONE_BINS:].sum() / (power.sum() or 1.0)) for power in powers]
    if max(shares) < _TONE_SHARE:
        return None
    a, b = (numpy.sqrt(numpy.convolve(power, numpy.ones(5), "same")) for power in powers)
    return float(a @ b / ((numpy.linalg.norm(a) * numpy.linalg.norm(b)) or 1.0))


def _fine_spectrum(samples: Array, rate: int) -> Array:
    """The power at each half hertz of the telephone band, in a window."""
    size = round(WINDOW_SECONDS * rate)
    lowest, highest = (round(hertz * WINDOW_SECONDS) for hertz in (_LOWEST_HERTZ, _HIGHEST_HERTZ))
    return _power(samples[:size], size)[lowest:highest]


def _correlation(one: _Channel, other: _Channel) -> Array:
    """The correlation of two log-mel spectra for each lag, without the mean of each band."""
    import numpy

    view = numpy.lib.stride_tricks.sliding_window_view
    in_one, in_other = one.valid.astype("float32"), other.valid.astype("float32")
    x = ((one.bands - one.bands.mean(axis=0)) * in_one[:, None]).astype("float32")
    y = ((other.bands - other.bands.mean(axis=0)) * in_other[:, None]).astype("float32")
    moved, there = view(y, _WINDOW_FRAMES, axis=0), view(in_other, _WINDOW_FRAMES)  # lag, band, frame
    count = numpy.maximum(there @ in_one, 1.0)
    sum_x, sum_y = there @ x, moved @ in_one
    spread_x = (there @ numpy.square(x)).sum(axis=1) - numpy.square(sum_x).sum(axis=1) / count
    squares = numpy.square(y).sum(axis=1)
    spread_y = view(squares, _WINDOW_FRAMES) @ in_one - numpy.square(sum_y).sum(axis=1) / count
    both = numpy.einsum("lbt,tb->l", moved, x, optimize=True) - (sum_x * sum_y).sum(axis=1) / count
    spread = numpy.sqrt(numpy.maximum(spread_x * spread_y, 0.0))
    return numpy.where(spread > 1e-3 * count, both / numpy.maximum(spread, 1e-9), 0.0)
