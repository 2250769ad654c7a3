"""Sizes and colours of diagrams."""

SIDE = 16.0  # margin of the page
TITLE, SIZE, SMALL = 12.0, 11.0, 10.0
INK, MUTED, FLOW, MARK = "#333333", "#666666", "#1f4e79", "#a33c00"
PLAIN = "#f2f2f2"
# role -> colour (light, so that black letters stand on it) and words
ROLES = {
    "car_t": ("#cfe3f5", "CAR-T cells"),
    "host_t": ("#d9ead3", "host T cells"),
    "target": ("#f6d0cb", "target cells"),
    "antigen": ("#fbe3c0", "antigen"),
    "infused": ("#e3dcf0", "dosing pool"),
    "drug": ("#e8e8c8", "drug"),
    "complex": ("#dfd6cf", "complex"),
    "biomarker": ("#e6e6e6", "biomarker"),
}
