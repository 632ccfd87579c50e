"""Drawings side by side on a page."""

from webtrial.publish.svg import colours_of_themes, inline, standalone

SVG = """<?xml version="1.0"?>
<!DOCTYPE svg>
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="72pt" height="36pt" viewBox="0 0 72 36"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><rdf>who drew it</rdf></metadata>
 <defs><clipPath id="box"><path id="p" d="M 1.23456 2.5"/></clipPath></defs>
 <g clip-path="url(#box)" style="fill: #222222; stroke: #0072b2"
 transform="scale(0.015625)"><use xlink:href="#p"/>1.2345 ms</g>
</svg>"""


def test_ids_get_a_prefix_wherever_they_are_named() -> None:
    text = inline(SVG, "figure-3", "A box")
    for part in ('id="figure-3-box"', "url(#figure-3-box)", 'id="figure-3-p"'):
        assert part in text
    assert 'href="#figure-3-p"' in text
    assert "xlink" not in text


def test_coordinates_are_rounded_and_nothing_else() -> None:
    text = inline(SVG, "a", "A box")
    assert 'd="M 1.2 2.5"' in text
    assert "scale(0.015625)" in text
    assert "1.2345 ms" in text


def test_the_drawing_is_named_and_its_size_left_open() -> None:
    text = inline(SVG, "a", 'A "box" & more')
    start = text[: text.index(">")]
    assert text.startswith("<svg ")
    assert 'role="img"' in start
    assert "A &quot;box&quot; &amp; more" in start
    assert "width=" not in start
    assert 'viewBox="0 0 72 36"' in start


def test_neither_form_says_who_drew_it() -> None:
    assert "who drew it" not in inline(SVG, "a", "b")
    assert "who drew it" not in standalone(SVG)
    assert "xlink:href" in standalone(SVG)


def test_ink_follows_the_theme_and_hues_stay() -> None:
    text = inline(SVG, "a", "b")
    assert "fill: var(--c222222); stroke: #0072b2" in text
    assert "--c222222: light-dark(#222222, #" in colours_of_themes()
    assert "#222222" in standalone(SVG)
