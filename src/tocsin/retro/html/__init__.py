"""A document as one self-contained HTML file, made from its Markdown and its pictures."""

from tocsin.retro.html.page import PAGE, render_page

__all__ = ["PAGE", "render_page"]
