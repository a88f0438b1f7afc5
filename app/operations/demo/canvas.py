"""What every demo picture shares: the dark room, torch light, grain, caption bar and Swedish letters.

All of it is drawn; nothing was photographed. The same shot gives the same bytes with the same Pillow.
"""

import random
import unicodedata
from functools import cache
from io import BytesIO
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

Colour: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[float, float, float, float]

SIZE = (1280, 960)
THUMB = (320, 240)
BAR = 96
"""Height of the caption bar at the foot of the picture."""

_GRAIN = (320, 240)
_QUALITY = 66
_LIGHTS = 8
# Pillow's own font lacks the Swedish letters, and a system font may be missing: drawn as letter and mark.
_RING, _DOTS, _ACUTE = "\u030a", "\u0308", "\u0301"
_PLAIN = str.maketrans({"–": "-", "×": "x", "’": "'"})


class Canvas:
    """A picture in the making; coordinates are pixels of SIZE."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a picture, not a secret
        self.image = Image.new("RGB", SIZE)
        self.draw = ImageDraw.Draw(self.image)

    def gradient(self, top: Colour, bottom: Colour, box: Box = (0, 0, *SIZE)) -> None:
        """Fill a box from `top` down to `bottom`."""
        x0, y0, x1, y1 = map(round, box)
        # One column, widened: a tenth of the work of a whole gradient.
        column = Image.linear_gradient("L").crop((0, 0, 1, 256)).resize((1, y1 - y0))
        fade = ImageOps.colorize(column, top, bottom)
        self.image.paste(fade.resize((x1 - x0, y1 - y0), Image.Resampling.NEAREST), (x0, y0))

    def rect(
        self, box: Box, fill: Colour, outline: Colour | None = None, radius: float = 0, width: int = 3
    ) -> None:
        """A rectangle, rounded where `radius` is given."""
        self.draw.rounded_rectangle(box, radius, fill, outline, width)

    def disc(
        self, x: float, y: float, r: float, fill: Colour, outline: Colour | None = None, width: int = 3
    ) -> None:
        """A filled circle around (x, y)."""
        self.draw.ellipse((x - r, y - r, x + r, y + r), fill, outline, width)

    def text(self, x: float, y: float, text: str, size: int, fill: Colour, *, centre: bool = False) -> None:
        """Text from its upper left corner, or centred on `x`."""
        font = _font(size)
        letters, marks = _split(text)
        left = x - font.getlength(letters) / 2 if centre else x
        self.draw.text((left, y), letters, fill, font)
        for index, mark in marks:
            middle = left + (font.getlength(letters[:index]) + font.getlength(letters[: index + 1])) / 2
            self._mark(mark, middle, y + size * (0.14 if letters[index].isupper() else 0.3), size, fill)

    def _mark(self, mark: str, x: float, y: float, size: int, fill: Colour) -> None:
        r, line = size * 0.075, max(1, size // 14)
        if mark == _RING:
            self.draw.ellipse((x - r, y - 2 * r, x + r, y), None, fill, line)
        elif mark == _DOTS:
            for side in (-1, 1):
                self.draw.ellipse(
                    (x + side * 2 * r - r / 1.4, y - 2 * r, x + side * 2 * r + r / 1.4, y - r / 2), fill
                )
        else:
            self.draw.line((x - r, y, x + r, y - 2 * r), fill, line)

    def room(self, wall: Colour, floor: Colour, horizon: float = 0.66) -> None:
        """A wall over a floor, both darker towards the edges."""
        line = SIZE[1] * horizon
        self.gradient(_shade(wall, 0.45), wall, (0, 0, SIZE[0], line))
        self.gradient(floor, _shade(floor, 0.35), (0, line, *SIZE))
        for x in range(-600, SIZE[0] + 600, 150):
            self.draw.line((640 + (x - 640) * 0.55, line, x, SIZE[1]), _shade(floor, 0.7), 2)
        self.rect((0, line - 9, SIZE[0], line), _shade(wall, 0.5))

    def table(self, colour: Colour) -> None:
        """A table top that fills the picture, with its grain."""
        self.gradient(_shade(colour, 0.8), colour)
        for _ in range(42):
            y = self.rng.randrange(SIZE[1])
            x = self.rng.randrange(-200, SIZE[0])
            self.draw.line(
                (x, y, x + self.rng.randrange(200, 700), y + self.rng.randrange(-6, 7)),
                _shade(colour, 0.9),
                2,
            )

    def ruler(self, x: float, y: float, length: int = 520) -> None:
        """The scale that belongs beside a small object."""
        self.rect((x, y, x + length, y + 58), (214, 208, 190), (60, 60, 60))
        for i in range(length // 13):
            tall = 30 if i % 10 == 0 else 20 if i % 5 == 0 else 12
            self.draw.line((x + 6 + i * 13, y, x + 6 + i * 13, y + tall), (30, 30, 30), 2)
            if i % 10 == 0:
                self.text(x + 10 + i * 13, y + 28, f"{i // 10} cm" if i else "0", 20, (30, 30, 30))

    def barcode(self, box: Box) -> None:
        """Bars of varying width, as on a seal label."""
        x, y0, x1, y1 = box
        while x < x1 - 8:
            width = self.rng.choice((3, 3, 5, 8))
            self.draw.rectangle((x, y0, x + width, y1), (20, 20, 20))
            x += width + self.rng.choice((3, 4, 7))


def finish(canvas: Canvas, caption: str, place: str) -> tuple[bytes, bytes]:
    """Light, grain and caption; returns the JPEG and its thumbnail."""
    canvas.image = ImageChops.multiply(canvas.image, _light(canvas.rng.randrange(_LIGHTS)))
    canvas.draw = ImageDraw.Draw(canvas.image)
    _bar(canvas, caption, place)
    return _jpeg(canvas.image), _jpeg(canvas.image.reduce(SIZE[0] // THUMB[0]))


def _bar(canvas: Canvas, caption: str, place: str) -> None:
    top = SIZE[1] - BAR
    canvas.rect((0, top, *SIZE), (12, 14, 18))
    canvas.text(28, top + 10, _fit(caption, 36, SIZE[0] - 300), 36, (240, 240, 236))
    canvas.text(28, top + 56, _fit(place, 26, SIZE[0] - 300), 26, (170, 178, 188))
    canvas.rect((SIZE[0] - 232, top + 14, SIZE[0] - 24, top + 82), (250, 204, 21), radius=10)
    canvas.text(SIZE[0] - 128, top + 22, "DEMO", 48, (20, 20, 20), centre=True)


def _fit(text: str, size: int, width: int) -> str:
    while _font(size).getlength(_split(text)[0]) > width:
        text = text[:-2].rstrip(" ,.-") + "."
    return text


def _jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


@cache
def _light(variant: int) -> Image.Image:
    """The cone of a hand lamp, bright near one of four points and dark at the edges, with the grain of the night.

    A few of them serve all pictures: light and grain are what takes the time.
    """
    x, y = ((-260, -300), (-420, -220), (-120, -260), (-300, -120))[variant % 4]
    fade = ImageOps.invert(Image.radial_gradient("L")).resize((1900, 1500), Image.Resampling.BILINEAR)
    cone = Image.new("L", SIZE)
    cone.paste(fade.point(lambda v: min(255, 46 + v * 5 // 4)), (x, y))
    noise = random.Random(variant).randbytes(_GRAIN[0] * _GRAIN[1])  # noqa: S311 - a picture, not a secret
    grain = Image.frombytes("L", _GRAIN, noise).point(lambda v: 255 - v // 10)
    speckled = ImageChops.multiply(cone, grain.resize(SIZE, Image.Resampling.BILINEAR))
    return ImageOps.colorize(speckled, (0, 0, 4), (255, 250, 238))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@cache
def _split(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text in the font's letters, and which of them bear a mark."""
    letters: list[str] = []
    marks: list[tuple[int, str]] = []
    for char in unicodedata.normalize("NFD", text.translate(_PLAIN)):
        if char in (_RING, _DOTS, _ACUTE):
            marks.append((len(letters) - 1, char))
        else:
            letters.append(char)
    return "".join(letters), marks


def _shade(colour: Colour, factor: float) -> Colour:
    r, g, b = (min(255, round(part * factor)) for part in colour)
    return r, g, b
