"""The scenes of the demo pictures: what an inspector photographs in a dark room, drawn in flat shapes.

Each scene takes a canvas and the one text that must be legible in it (a serial number, a seal, a sign).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.operations.demo.canvas import SIZE, Canvas, Colour, finish

_STEEL: Colour = (120, 126, 132)
_PAPER: Colour = (226, 222, 208)
_INK: Colour = (34, 36, 44)
_GREEN: Colour = (20, 160, 90)
_GLOW: tuple[Colour, ...] = ((240, 180, 60), (220, 70, 90), (80, 190, 220), (150, 110, 230), (90, 200, 120))


@dataclass(frozen=True)
class Shot:
    """A picture to draw: `scene` names a function below, `label` is the text inside it."""

    scene: str
    seed: str
    caption: str
    place: str
    label: str = ""


def picture(shot: Shot) -> tuple[bytes, bytes]:
    """Draw a shot: the JPEG (1280 by 960) and its thumbnail (320 by 240)."""
    canvas = Canvas(shot.seed)
    SCENES[shot.scene](canvas, shot.label)
    return finish(canvas, shot.caption, shot.place)


def machine_row(c: Canvas, label: str) -> None:
    """Machines side by side, as they stood; `label` is how many."""
    c.room((52, 46, 58), (58, 44, 38))
    count = int(label or "3")
    width = min(230, 1000 // count)
    for i in range(count):
        x = 640 + (i - count / 2) * (width + 30)
        _cabinet(c, x, 210 + 12 * (i % 2), width, 520, i)


def machine_front(c: Canvas, label: str) -> None:
    """One machine, screen on, with its running number."""
    c.room((44, 42, 54), (50, 40, 36))
    _cabinet(c, 410, 70, 460, 760, sum(map(ord, label)))
    c.rect((900, 540, 1120, 640), (250, 240, 160), (60, 50, 20), 6)
    c.text(1010, 562, label, 42, _INK, centre=True)


def _cabinet(c: Canvas, x: float, y: float, w: float, h: float, variant: int) -> None:
    glow = _GLOW[variant % len(_GLOW)]
    c.rect((x, y, x + w, y + h), (28, 26, 34), (88, 84, 98), w * 0.06, 5)
    c.rect((x + w * 0.06, y + h * 0.03, x + w * 0.94, y + h * 0.16), glow, radius=12)
    c.text(x + w / 2, y + h * 0.06, "NORRSKEN", int(w * 0.12), _INK, centre=True)
    c.rect((x + w * 0.08, y + h * 0.2, x + w * 0.92, y + h * 0.58), (14, 18, 40), glow, 8, 4)
    for column in range(3):
        for row in range(3):
            _symbol(c, x + w * (0.24 + 0.26 * column), y + h * (0.27 + 0.12 * row), w * 0.085)
    for button in range(5):
        c.disc(x + w * (0.16 + 0.17 * button), y + h * 0.67, w * 0.055, _GLOW[button], (10, 10, 10), 3)
    c.rect((x + w * 0.1, y + h * 0.76, x + w * 0.5, y + h * 0.93), (44, 42, 52), (80, 78, 90), 6)
    c.rect((x + w * 0.62, y + h * 0.78, x + w * 0.9, y + h * 0.85), _STEEL, (50, 50, 50), 4)
    c.disc(x + w * 0.76, y + h * 0.905, w * 0.035, (160, 150, 110), (40, 36, 20))


def _symbol(c: Canvas, x: float, y: float, r: float) -> None:
    colour = c.rng.choice(_GLOW)
    shape = c.rng.randrange(3)
    if shape == 0:
        c.disc(x, y, r, colour)
    elif shape == 1:
        c.draw.polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], colour)
    else:
        c.text(x, y - r, "7", int(r * 2), colour, centre=True)


def type_plate(c: Canvas, label: str) -> None:
    """The type plate of a machine with its serial number."""
    c.gradient((40, 38, 46), (24, 22, 28))
    c.gradient((176, 180, 184), (120, 124, 130), (190, 170, 1090, 720))
    c.draw.rectangle((190, 170, 1090, 720), None, (60, 62, 66), 6)
    for x, y in ((230, 210), (1050, 210), (230, 680), (1050, 680)):
        c.disc(x, y, 17, (90, 92, 96), (50, 50, 52))
        c.draw.line((x - 11, y - 6, x + 11, y + 6), (40, 40, 42), 4)
    c.text(640, 205, "TYPSKYLT", 58, _INK, centre=True)
    rows = (("MODELL", "NORRSKEN III"), ("TYP", "VÄRDEAUTOMAT"), ("230 V ~ 50 Hz", "180 W"))
    for i, (name, value) in enumerate(rows):
        c.text(280, 305 + i * 78, name, 42, (50, 52, 58))
        c.text(640, 305 + i * 78, value, 42, _INK)
    c.rect((270, 556, 1010, 668), (214, 212, 204), (40, 40, 44), 6, 4)
    c.text(300, 580, "SERIENR", 40, (70, 70, 76))
    c.text(560, 568, label, 72, _INK)


def cash_box(c: Canvas, label: str) -> None:
    """The opened cash box with its numbered seal."""
    c.table((70, 60, 52))
    c.rect((240, 200, 1040, 730), (56, 58, 64), (96, 98, 104), 16, 8)
    c.rect((290, 250, 990, 680), (26, 26, 30), radius=10)
    for _ in range(46):
        x, y, r = c.rng.randrange(340, 640), c.rng.randrange(300, 640), c.rng.randrange(16, 25)
        c.disc(x, y, r, c.rng.choice(((190, 170, 90), (170, 172, 176), (176, 120, 80))), (60, 54, 30), 2)
    for i in range(4):
        c.rect(
            (690 + i * 8, 330 + i * 62, 940 + i * 8, 420 + i * 62), (96, 120 + i * 10, 110), (50, 60, 56), 3
        )
    _seal_label(c, 560, 60, label)


def _seal_label(c: Canvas, x: float, y: float, label: str) -> None:
    c.rect((x, y, x + 420, y + 170), (236, 232, 214), (200, 30, 40), 8, 8)
    c.text(x + 210, y + 16, "PLOMBERAT", 34, (190, 30, 40), centre=True)
    c.barcode((x + 40, y + 62, x + 380, y + 112))
    c.text(x + 210, y + 118, label, 36, _INK, centre=True)


def tablets_found(c: Canvas, label: str) -> None:
    """Tablets where they were found, on a table; `label` is how many."""
    c.table((86, 66, 48))
    c.disc(980, 250, 150, (30, 28, 26), (70, 66, 60), 10)
    c.draw.polygon([(330, 330), (850, 290), (890, 640), (360, 690)], (150, 158, 164))
    c.draw.line((330, 330, 850, 290), (70, 120, 180), 14)
    _pills(c, (410, 400, 810, 600), int(label or "8"))
    c.ruler(360, 740)


def tablets_bag(c: Canvas, label: str) -> None:
    """Tablets in the evidence bag, sealed; `label` is the seal and how many."""
    seal, _, count = label.partition(" ")
    c.gradient((40, 42, 48), (26, 28, 32))
    c.rect((270, 90, 1010, 780), (150, 160, 168), (210, 218, 224), 22, 5)
    c.gradient((168, 178, 186), (126, 136, 146), (292, 180, 988, 760))
    c.rect((270, 90, 1010, 160), (30, 90, 160), radius=10)
    c.text(640, 102, "BESLAG - BEVIS", 42, (236, 240, 244), centre=True)
    _pills(c, (360, 430, 920, 700), int(count or "8"))
    _seal_label(c, 430, 200, seal)


def tablets_seal(c: Canvas, label: str) -> None:
    """The seal label close up."""
    c.gradient((150, 160, 168), (96, 104, 112))
    c.rect((150, 180, 1130, 700), (238, 234, 216), (200, 30, 40), 18, 14)
    c.text(640, 220, "PLOMBERAT", 84, (190, 30, 40), centre=True)
    c.barcode((240, 350, 1040, 500))
    c.text(640, 540, label, 96, _INK, centre=True)
    c.ruler(380, 745)


def _pills(c: Canvas, box: tuple[int, int, int, int], count: int) -> None:
    for _ in range(count):
        x, y = c.rng.randrange(box[0], box[2]), c.rng.randrange(box[1], box[3])
        c.disc(x + 4, y + 6, 25, (84, 88, 92))
        c.disc(x, y, 25, (236, 234, 226), (180, 178, 170), 2)
        c.draw.line((x - 16, y, x + 16, y), (190, 188, 180), 3)


def thermometer(c: Canvas, label: str) -> None:
    """A cold room with the thermometer in front."""
    c.room((70, 84, 92), (60, 66, 70))
    for shelf in range(3):
        y = 200 + shelf * 170
        c.rect((80, y, 760, y + 14), _STEEL)
        for i in range(6):
            tone = c.rng.randrange(70, 130)
            c.rect((100 + i * 108, y - 100, 190 + i * 108, y), (tone, tone - 10, tone - 30), (40, 40, 40), 6)
    c.rect((800, 220, 1150, 640), (206, 210, 212), (80, 84, 88), 26, 6)
    c.rect((836, 270, 1114, 430), (150, 168, 140), (60, 70, 56), 10, 4)
    c.text(975, 298, label, 96, (24, 32, 24), centre=True)
    c.draw.line((975, 640, 900, 800), (90, 94, 98), 12)
    c.text(975, 500, "KYL", 64, (60, 64, 70), centre=True)


def kitchen(c: Canvas, label: str) -> None:
    """A kitchen bench with pots; `label` is a sign on the wall."""
    c.room((96, 92, 84), (64, 58, 52), 0.6)
    for x in range(40, SIZE[0], 96):
        c.draw.line((x, 60, x, 560), (80, 76, 70), 2)
    c.gradient((150, 154, 158), (90, 94, 98), (60, 470, 1220, 720))
    for i in range(4):
        x = 130 + i * 270
        c.rect((x, 350, x + 190, 480), (96, 98, 102), (50, 52, 54), 14)
        c.draw.ellipse((x, 330, x + 190, 376), (44, 42, 40), (60, 62, 64), 4)
    for _ in range(34):
        c.disc(c.rng.randrange(80, 1200), c.rng.randrange(500, 700), c.rng.randrange(3, 13), (84, 70, 50))
    _sign(c, 640, 120, label)


def _sign(c: Canvas, x: float, y: float, text: str) -> None:
    if text:
        half = 22 + 17 * len(text)
        c.rect((x - half, y, x + half, y + 96), _PAPER, (70, 70, 66), 6, 4)
        c.text(x, y + 22, text, 48, _INK, centre=True)


def bottles(c: Canvas, label: str) -> None:
    """A bar shelf; `label` is the sign above it."""
    c.room((58, 44, 40), (44, 34, 30), 0.8)
    for shelf in range(2):
        y = 430 + shelf * 260
        c.rect((90, y, 1190, y + 18), (92, 66, 44))
        for i in range(13):
            tone = c.rng.choice(((60, 110, 70), (120, 80, 40), (150, 150, 140), (90, 40, 40)))
            x = 120 + i * 82
            c.rect((x, y - 150, x + 46, y), tone, (30, 26, 24), 10)
            c.rect((x + 14, y - 196, x + 32, y - 146), tone)
            c.rect((x + 4, y - 100, x + 42, y - 46), _PAPER)
    _sign(c, 640, 80, label)


def document(c: Canvas, label: str) -> None:
    """A paper on a desk: permit, ledger or invoice, unreadable but for its heading."""
    c.table((78, 62, 50))
    c.draw.polygon([(330, 90), (930, 70), (960, 800), (350, 820)], _PAPER)
    c.text(640, 120, label, 54, _INK, centre=True)
    for row in range(13):
        y = 220 + row * 42
        c.draw.line((400, y, 400 + c.rng.randrange(260, 490), y), (120, 120, 116), 7)
    c.disc(820, 730, 56, _PAPER, (60, 80, 150), 7)
    c.text(820, 712, "DEMO", 32, (60, 80, 150), centre=True)


def till(c: Canvas, label: str) -> None:
    """A cash register with its display."""
    c.room((62, 56, 52), (70, 54, 42), 0.72)
    c.rect((340, 380, 940, 760), (58, 60, 66), (100, 102, 108), 20, 6)
    c.rect((440, 220, 840, 380), (22, 30, 26), (80, 84, 88), 12, 6)
    c.text(640, 250, label, 84, (120, 240, 150), centre=True)
    for row in range(4):
        for column in range(6):
            x, y = 390 + column * 88, 420 + row * 62
            c.rect((x, y, x + 66, y + 44), (150, 150, 146), (40, 40, 40), 8, 2)
    c.rect((360, 690, 920, 750), (36, 36, 40), (110, 110, 114), 6)


def tyres(c: Canvas, label: str) -> None:
    """Stacked tyres in a workshop; `label` is the sign on the wall."""
    c.room((66, 64, 60), (52, 50, 48), 0.55)
    for column in range(6):
        for row in range(5 - column % 2):
            x, y = 130 + column * 205, 740 - row * 120
            c.draw.ellipse((x - 105, y - 66, x + 105, y + 66), (26, 26, 28), (52, 52, 54), 9)
            c.draw.ellipse((x - 50, y - 30, x + 50, y + 30), (46, 44, 42), (20, 20, 22), 6)
    _sign(c, 640, 60, label)


def drums(c: Canvas, label: str) -> None:
    """Oil drums without a bund, and the spill."""
    c.room((60, 62, 58), (56, 54, 50), 0.5)
    c.draw.ellipse((240, 690, 1060, 850), (18, 18, 20))
    for i in range(4):
        x = 170 + i * 245
        c.gradient((60, 84, 110), (34, 48, 66), (x, 300, x + 190, 740))
        c.draw.ellipse((x, 270, x + 190, 330), (84, 108, 134), (30, 40, 52), 5)
        for y in (430, 590):
            c.rect((x, y, x + 190, y + 14), (44, 60, 80))
        c.draw.line((x + 150, 480, x + 160, 760), (14, 14, 16), 18)
    _sign(c, 640, 90, label)


def escape_route(c: Canvas, label: str) -> None:
    """A blocked corridor under an exit sign."""
    c.gradient((30, 32, 36), (14, 14, 16))
    c.draw.polygon([(0, 0), (420, 250), (420, 640), (0, 960)], (58, 58, 60))
    c.draw.polygon([(1280, 0), (860, 250), (860, 640), (1280, 960)], (50, 50, 54))
    c.draw.polygon([(420, 640), (860, 640), (1280, 960), (0, 960)], (44, 42, 40))
    c.rect((480, 290, 800, 640), (92, 74, 56), (40, 34, 28), width=6)
    c.disc(760, 480, 13, (170, 160, 120))
    c.rect((500, 170, 780, 264), _GREEN, (220, 240, 226), 8, 4)
    c.text(640, 188, label or "UTGÅNG", 50, (236, 250, 240), centre=True)
    for i in range(6):
        x, y = c.rng.randrange(380, 760), 560 - (i // 3) * 120 + c.rng.randrange(80)
        c.rect((x, y, x + 190, y + 150), (142, 108, 70), (70, 52, 34), 4)
        c.draw.line((x, y + 70, x + 190, y + 70), (180, 150, 104), 9)


def opening(c: Canvas, label: str) -> None:
    """A new opening cut in a wall, with the tape that measures it."""
    c.room((104, 98, 90), (58, 54, 50), 0.82)
    edge = [(430 + 26 * math.sin(i), 180 + i * 60) for i in range(10)]
    c.draw.polygon([*edge, (860, 740), (850, 190)], (18, 18, 20))
    for _ in range(40):
        x, y = c.rng.randrange(380, 920), c.rng.randrange(740, 840)
        c.rect((x, y, x + c.rng.randrange(12, 46), y + 18), (120, 80, 62))
    c.rect((440, 440, 860, 466), (236, 200, 40), (60, 50, 10), width=2)
    c.text(650, 380, label, 48, (240, 236, 220), centre=True)


def beds(c: Canvas, label: str) -> None:
    """Mattresses on the floor between pallets."""
    c.room((64, 62, 66), (56, 52, 48), 0.45)
    for i in range(int(label or "4")):
        x, y = 110 + (i % 2) * 560, 450 + (i // 2) * 190
        c.draw.polygon([(x, y + 130), (x + 70, y), (x + 500, y), (x + 460, y + 130)], (132, 128, 140))
        c.draw.polygon(
            [(x + 50, y + 60), (x + 80, y + 6), (x + 180, y + 6), (x + 160, y + 60)], (196, 192, 186)
        )
        c.draw.polygon(
            [(x + 190, y + 126), (x + 220, y + 20), (x + 490, y + 12), (x + 456, y + 126)], (70, 84, 116)
        )
    for i in range(3):
        c.rect((150 + i * 360, 150, 420 + i * 360, 380), (110, 84, 56), (60, 46, 30), 4)


def shelf(c: Canvas, label: str) -> None:
    """A kiosk shelf with packs; `label` is the sign, or its absence."""
    c.room((72, 66, 60), (60, 50, 44), 0.85)
    for row in range(4):
        y = 260 + row * 140
        c.rect((100, y + 104, 1180, y + 116), _STEEL)
        for i in range(16):
            tone = c.rng.choice(
                ((150, 40, 44), (40, 60, 120), (190, 186, 176), (50, 100, 70), (170, 140, 60))
            )
            c.rect((116 + i * 66, y + 8, 168 + i * 66, y + 104), tone, (40, 38, 36), 4, 2)
            c.rect((116 + i * 66, y + 8, 168 + i * 66, y + 40), (226, 224, 216))
    _sign(c, 640, 90, label)


def facade(c: Canvas, label: str) -> None:
    """The place from the street at night; `label` is the name on its sign."""
    c.gradient((16, 20, 36), (34, 34, 44), (0, 0, SIZE[0], 700))
    c.gradient((40, 40, 44), (20, 20, 22), (0, 700, *SIZE))
    c.rect((120, 140, 1160, 720), (86, 66, 58))
    for x in (190, 470):
        c.gradient((220, 180, 100), (150, 110, 60), (x, 360, x + 230, 600))
        c.draw.rectangle((x, 360, x + 230, 600), None, (40, 34, 30), 9)
    c.rect((800, 350, 1000, 720), (52, 44, 42), (30, 26, 24), width=8)
    c.disc(972, 550, 10, (190, 180, 130))
    c.rect((170, 210, 1110, 310), (24, 30, 44), (190, 150, 70), 8, 5)
    c.text(640, 232, label, 54, (250, 220, 140), centre=True)


_ALL = (
    machine_row, machine_front, type_plate, cash_box, tablets_found, tablets_bag, tablets_seal,
    thermometer, kitchen, bottles, document, till, tyres, drums, escape_route, opening, beds, shelf, facade,
)  # fmt: skip
SCENES: Mapping[str, Callable[[Canvas, str], None]] = {scene.__name__: scene for scene in _ALL}
"""Every scene by its name in the data."""
