"""What stands around every page: header, menu, notice, sign of work; light and dark, wide and narrow."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html

from livingdrug.core.words import NOTICE
from livingdrug.web.pages import Page
from livingdrug.web.parts import attribute

PRIVACY = (
    "Everything is computed on this machine: your data never leave it, and nothing is fetched from a network."
)
MENU_WIDTH, HEADER_HEIGHT = 200, 52  # px
WIDE = "lg"  # the menu stands beside the page from this width on; below, a button opens it
# ten shades around the blue of the colour-blind palette of the plots
BLUE = [
    "#e7f3fa",
    "#cfe5f3",
    "#a0cbe7",
    "#6db0da",
    "#4199cf",
    "#258bc8",
    "#0072b2",
    "#00639b",
    "#00568a",
    "#003f66",
]
THEME = {
    "primaryColor": "blue",
    "colors": {"blue": BLUE},
    "primaryShade": {"light": 8, "dark": 4},
    "defaultRadius": "sm",
    "fontFamily": "system-ui, sans-serif",
    "headings": {"fontFamily": "system-ui, sans-serif"},
}


def shell() -> dmc.MantineProvider:
    """The frame that holds the pages: `content` and `menu` are filled by the address."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="address", refresh=False),
            html.A("Skip to the content", href="#content", className="skip"),
            html.Div("Working ...", id="busy", role="status", hidden=True),
            dmc.AppShell(
                [
                    dmc.AppShellHeader(_header()),
                    dmc.AppShellNavbar(html.Div(id="menu"), p="xs", **attribute("aria-label", "pages")),
                    dmc.AppShellMain(
                        [
                            html.Div(id="broken", role="alert"),
                            html.Div(id="content", tabIndex="-1"),
                            html.P([html.B(PRIVACY), " ", NOTICE], className="foot quiet"),
                        ]
                    ),
                ],
                id="shell",
                header={"height": HEADER_HEIGHT},
                navbar={"width": MENU_WIDTH, "breakpoint": WIDE, "collapsed": {"mobile": True}},
                padding="md",
            ),
        ],
        theme=cast(Any, THEME),
        defaultColorScheme="auto",
    )


def _header() -> dmc.Group:
    return dmc.Group(
        [
            dmc.Burger(
                id="burger",
                opened=False,
                hiddenFrom=WIDE,
                size="sm",
                **attribute("aria-label", "menu of pages"),
            ),
            dcc.Link("livingdrug", href="/", className="brand"),
            html.P([html.B(PRIVACY), " ", NOTICE], className="notice quiet"),
            dmc.ColorSchemeToggle(
                lightIcon="Light",
                darkIcon="Dark",
                variant="default",
                size="md",
                className="scheme",
                **attribute("aria-label", "light or dark colours"),
            ),
        ],
        h="100%",
        px="md",
        gap="md",
        wrap="nowrap",
    )


def menu(pages: Sequence[Page], path: str) -> list:
    """Links to the pages under the headings of their groups, the present one marked."""
    made = []
    for group, mine in groupby(pages, lambda page: page.group):
        links = [_entry(page, page.path == path) for page in mine]
        heading = [html.P(group, className="quiet")] if group else []
        made.append(html.Div([*heading, *links], role="group", **attribute("aria-label", group or "first page")))
    return made


def _entry(page: Page, here: bool) -> dmc.NavLink:
    current = attribute("aria-current", "page") if here else {}
    return dmc.NavLink(
        label=page.name, href=page.path, active=here, className="here" if here else "", **current
    )


def titled(name: str, heading: str, page, address: str) -> html.Div:
    """A page under its heading, which says of which address it is; `app.js` gives the window its name as title."""
    return html.Div([html.H1(heading), page], **attribute("data-title", name), **attribute("data-address", address))


def register(app) -> None:
    """The menu of a narrow screen opens by its button, and closes with the choice of a page."""
    app.clientside_callback(
        "window.dash_clientside.livingdrug.menu", Output("shell", "navbar"), Input("burger", "opened")
    )
    app.clientside_callback(
        "window.dash_clientside.livingdrug.closed", Output("burger", "opened"), Input("address", "href")
    )
