"""A self-contained page for a picture: it fits a screen, prints on one sheet, and asks nothing of a network."""

from markupsafe import Markup

from ridethrough.charts.style import chart_css

_CSS = """
* { box-sizing: border-box; }
body { margin: 0; background: light-dark(#ffffff, #151c22); color: var(--chart-ink); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1500px; margin: 0 auto; padding: 14px 22px 20px; }
h1 { font-size: 20px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 14px; margin: 10px 0 4px; }
p { margin: 4px 0; overflow-wrap: anywhere; } .quiet { color: var(--chart-quiet); } .good { color: var(--tone-good); font-weight: 600; } .bad { color: var(--tone-bad); font-weight: 600; }
.beside { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 28px; }
@media screen and (min-width: 1080px) { .beside { grid-template-columns: minmax(0, 1.75fr) minmax(360px, 1fr); } }
.notes { border-left: 4px solid var(--tone-load); font-size: 13px; padding: 2px 0 2px 12px; margin: 8px 0; } .notes.alarm { border-color: var(--tone-bad); } .notes ul { margin: 0; padding-left: 16px; }
table.blocks { border-collapse: collapse; width: 100%; font-size: 12.5px; }
table.blocks caption { text-align: left; font-weight: 600; padding: 4px 0; }
table.blocks th { text-align: left; font-weight: 600; color: var(--chart-quiet); } table.blocks th, table.blocks td { padding: 3px 10px 3px 0; border-bottom: 1px solid var(--chart-rule); vertical-align: top; }
table.blocks .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } table.blocks .t { white-space: nowrap; font-variant-numeric: tabular-nums; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr)); gap: 10px 30px; }
@media print and (min-width: 880px) { .beside { grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); } }
@page { margin: 9mm 11mm; }
@media print { main { padding: 0; max-width: none; } body { font-size: 9.5pt; } h1 { font-size: 14pt; } table.blocks { font-size: 7.6pt; } table.blocks th, table.blocks td { padding: 1px 8px 1px 0; } .notes { font-size: 8pt; } }
"""  # noqa: E501 - a rule of the style sheet is read on one line


def picture_page(title: str, body: Markup) -> str:
    """Put markup on a page of its own, whose policy forbids every request and every script."""
    return str(
        Markup(
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            "<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n</body>\n</html>\n"
        ).format(title, Markup(chart_css()), Markup(_CSS), body)  # noqa: S704 - our own style sheets
    )
