"""Pictures that are made but not drawn, as drawing is what takes time: for tests of what else a folder holds."""

from pathlib import Path


def undrawn(figure, folder, name: str) -> None:
    """In place of `report.pictures.save`: files of the same names, which say what the axes are."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes).replace("<", "").replace("&", "")
    (Path(folder) / f"{name}.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><title>{titles}</title></svg>')
    (Path(folder) / f"{name}.png").write_bytes(b"")
