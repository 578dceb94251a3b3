"""How colours are told apart: WCAG contrast, CIELAB distance, and colour-blind sight, by published formulas."""

from __future__ import annotations

from rich.color import Color, ColorType
from rich.style import Style

RGB = tuple[float, float, float]

# The default palette of xterm (charproc.c / XTerm-col.ad), the first 16 colours.
XTERM = (
    "000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5",
    "7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff",
)  # fmt: skip
XTERM_TEXT, XTERM_GROUND = "e5e5e5", "000000"

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency,
# IEEE TVCG 15(6), 2009, table 1, severity 1.0. Applied to linear RGB.
MACHADO = {
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip


def from_hex(text: str) -> RGB:
    """`#RRGGBB` as three shares of 255."""
    digits = text.lstrip("#")
    return (int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255)


def from_rich(colour: Color | None, otherwise: str) -> RGB:
    """A rich colour as it is painted; `otherwise` where it is the terminal's default."""
    if colour is None or colour.type is ColorType.DEFAULT:
        return from_hex(otherwise)
    if colour.type is ColorType.STANDARD:
        assert colour.number is not None
        return from_hex(XTERM[colour.number])
    assert colour.triplet is not None
    return from_hex(colour.triplet.hex)


def linear(colour: RGB) -> RGB:
    """sRGB to linear light (IEC 61966-2-1; WCAG 2.x writes the same with the threshold 0.04045)."""
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour)
    return (red, green, blue)


def luminance(colour: RGB) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio from 1 to 21, WCAG 2.2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def style_contrast(style: Style, text: str, ground: str) -> float:
    """Of a style on a ground: reverse video swaps the two and keeps the ratio."""
    return contrast(from_rich(style.color, text), from_rich(style.bgcolor, ground))


def seen_linear(colour: RGB, sight: str) -> RGB:
    """Linear light as it is seen; `sight` is `usual` or a key of MACHADO."""
    light = linear(colour)
    if sight == "usual":
        return light
    red, green, blue = (
        max(0.0, min(1.0, sum(factor * part for factor, part in zip(row, light, strict=True))))
        for row in MACHADO[sight]
    )
    return (red, green, blue)


def difference(one: RGB, other: RGB, sight: str = "usual") -> float:
    """CIE 1976 distance in CIELAB (D65): 2.3 is just noticeable, 20 is plain at a glance."""
    first, second = lab(seen_linear(one, sight)), lab(seen_linear(other, sight))
    return float(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5)


def lab(light: RGB) -> RGB:
    """Linear sRGB to CIELAB by the matrix of IEC 61966-2-1 and the white D65."""
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))
