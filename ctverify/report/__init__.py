"""One self-contained page of what ctverify found: `ctverify report`, and `--report` of other
commands.

    files -> collect.Collection -> figures (SVG, caption, table) -> page (jinja2, escaped) -> HTML

The page fetches nothing and runs no script; a content security policy in it says so to the browser.
"""
