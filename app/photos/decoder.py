"""The process that decodes photos: `python -m app.photos.decoder`, its standard input a socket to the server.

Each message on the socket brings another socket, and with it one photo: its bytes until they end, and back the verdict and
what belongs to it. A fork that lives for this one photo decodes it, limited before it reads the first byte. So no photo meets
what another one left behind, and the process that forks has never read one.
"""

import os
import resource
import socket
from contextlib import suppress
from io import BytesIO
from typing import Final, NoReturn

from PIL import Image, ImageCms, JpegImagePlugin

from app.domain.pictures import NoPicture, heic_size, jpeg_size, media_type

VIEW: Final = b"V"
"""The verdict before a JPEG that can be shown."""
NO_PICTURE: Final = b"N"
"""The verdict before the reason why these bytes are never shown."""

EDGE: Final = 2048
"""The longer side of a view in pixels, at most."""
QUALITY: Final = 85
MEMORY: Final = 1 << 30
"""Address space in bytes: a progressive JPEG of the most pixels, each component whole, takes about two thirds of it."""
CPU_S: Final = 20
PROFILE_BYTES: Final = 1 << 16
"""Colour profiles of cameras have some hundred bytes, a few kilobytes at most."""

_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB: Final = ImageCms.createProfile("sRGB")


def main() -> None:
    """Fork for each photo until the server goes away."""
    server = socket.socket(fileno=0)
    os.nice(10)  # whoever waits for a receipt goes first
    warm_up()
    while photo := _next_photo(server):
        child = os.fork()
        if child == 0:
            _serve(photo)
        photo.close()
        os.waitpid(child, 0)


def _next_photo(server: socket.socket) -> socket.socket | None:
    _, handles, _, _ = socket.recv_fds(server, 1, 1)
    return socket.socket(fileno=handles[0]) if handles else None


def _serve(photo: socket.socket) -> NoReturn:
    """Answer one photo and end. Where the machine is at fault (no memory, no time) nothing is answered."""
    with suppress(BaseException):
        os.dup2(photo.fileno(), 0)
        os.closerange(3, photo.fileno() + 1)
        confine()
        data = b"".join(iter(lambda: os.read(0, 1 << 20), b""))
        with os.fdopen(0, "wb", closefd=False) as answer:
            answer.write(verdict(data))
    os._exit(0)


def warm_up() -> None:
    """Import now what is imported late: who is confined can open nothing."""
    view_of(_sample())


def confine() -> None:
    """From here on this process opens nothing (no file, no socket), writes no file, forks not, and ends after CPU_S."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def verdict(data: bytes) -> bytes:
    """VIEW and a JPEG, or NO_PICTURE and the reason. MemoryError, or an OSError with a number, if the machine is at fault."""
    try:
        return VIEW + view_of(data)
    except NoPicture as reason:
        return NO_PICTURE + str(reason).encode()
    except MemoryError:
        raise
    except Exception as error:  # hostile bytes make a decoder fail in every way there is
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return NO_PICTURE + b"its pixels cannot be decoded"


def view_of(data: bytes) -> bytes:
    """The pixels of a photo as a JPEG of at most EDGE, upright, in sRGB, and nothing else of it.

    NoPicture if it has none to show.
    """
    if media_type(data[:12]) == "image/heic":
        heic_size(data)
        raise NoPicture("HEIC is not decoded here")
    size = jpeg_size(data)
    image = JpegImagePlugin.JpegImageFile(BytesIO(data))
    if image.size != (size.width, size.height):
        raise NoPicture("it declares two sizes")
    turn, profile = _TURNS.get(_orientation(image)), image.info.get("icc_profile", b"")
    image.thumbnail((EDGE, EDGE))
    small = _in_srgb(image, profile)
    view = BytesIO()
    (small.transpose(turn) if turn else small).save(view, "JPEG", quality=QUALITY)
    return view.getvalue()


def _orientation(image: Image.Image) -> int:
    """How to turn it, as EXIF says; what cannot be read says nothing."""
    with suppress(Exception):
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """A copy that has the pixels alone. Colours are those the camera meant, if its profile can be read."""
    clean = Image.frombytes(image.mode, image.size, image.tobytes())
    if clean.mode == "RGB" and 0 < len(profile) <= PROFILE_BYTES:
        with suppress(ImageCms.PyCMSError, OSError):
            meant = ImageCms.ImageCmsProfile(BytesIO(profile))
            ImageCms.profileToProfile(clean, meant, _SRGB, inPlace=True)
    return clean


def _sample() -> bytes:
    """A photo that needs everything a photo can need."""
    exif, file = Image.Exif(), BytesIO()
    exif[_ORIENTATION] = 6
    Image.new("RGB", (16, 16)).save(
        file, "JPEG", exif=exif, icc_profile=ImageCms.ImageCmsProfile(_SRGB).tobytes(), progressive=True
    )
    return file.getvalue()


if __name__ == "__main__":
    main()
