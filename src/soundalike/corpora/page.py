"""The page to listen to a gathered corpus, and to strike out recordings that are not what their label says.

Opened as a file it plays. Served by `review.py` it also strikes out: a click is written to the ledger and the manifest
at once.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote

from soundalike.corpora.ledger import Entry, Ledger

PAGE = "review.html"

_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
summary { font-size: 1.1rem; font-weight: 600; cursor: pointer; padding: .3rem 0; }
table { border-collapse: collapse; width: 100%; }
td { padding: .25rem .6rem .25rem 0; vertical-align: middle; overflow-wrap: anywhere; }
td:first-child { width: 19rem; }
audio { height: 2rem; width: 18rem; }
tr.struck td { opacity: .45; text-decoration: line-through; }
tr.struck td:last-child { opacity: 1; }
small { color: #666; }
#note { padding: .6rem .8rem; background: #f3f3ee; border-left: 4px solid #888; }
@media (prefers-color-scheme: dark) {
  body { background: #161616; color: #ddd; } #note { background: #262626; } a { color: #9cf; } small { color: #999; }
}
"""

_SCRIPT = """
const writes = location.protocol !== 'file:';
const note = document.getElementById('note');
note.textContent = writes
  ? 'Every click is saved at once. Struck recordings are replaced by the next run of soundalike collect.'
  : 'To strike out recordings: soundalike collect --out FOLDER --review';
for (const button of document.querySelectorAll('button')) {
  if (!writes) { button.remove(); continue; }
  button.addEventListener('click', async () => {
    const row = button.closest('tr');
    const struck = !row.classList.contains('struck');
    button.disabled = true;
    try {
      const answer = await fetch('strike', {
        method: 'POST', headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({label: row.dataset.label, url: row.dataset.url, struck}),
      });
      if (!answer.ok) throw new Error(await answer.text());
      row.classList.toggle('struck', struck);
      button.textContent = struck ? 'Take back' : 'Strike out';
      button.setAttribute('aria-pressed', struck);
    } catch (error) { note.textContent = 'Not saved: ' + error.message; }
    button.disabled = false;
  });
}
// A clip ends where its fragment says; some players go on.
for (const audio of document.querySelectorAll('audio')) {
  const end = Number(audio.dataset.end);
  audio.addEventListener('timeupdate', () => { if (audio.currentTime > end + 0.3) audio.pause(); });
}
"""


def write_page(folder: Path, ledger: Ledger) -> Path:
    """Write `review.html` with all recordings that are kept or struck out, by label."""
    path = folder / PAGE
    partial = path.with_suffix(".part")
    partial.write_text(page(folder.absolute().name, ledger), encoding="utf-8", newline="\n")
    partial.replace(path)
    return path


def page(title: str, ledger: Ledger) -> str:
    """The page as HTML that needs nothing but the audio beside it."""
    by_label: dict[str, list[Entry]] = {}
    for entry in ledger:
        if entry.status != "dropped":
            by_label.setdefault(entry.label, []).append(entry)
    sections = "\n".join(_section(label, entries) for label, entries in by_label.items())
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f'<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n<p id="note"></p>\n{sections}\n'
        f"<script>{_SCRIPT}</script>\n</body></html>\n"
    )


def _section(label: str, entries: list[Entry]) -> str:
    num_kept = sum(entry.status == "kept" for entry in entries)
    rows = "\n".join(map(_row, entries))
    return (
        f"<details><summary>{escape(label)} <small>{num_kept} kept</small></summary>\n"
        f"<table>\n{rows}\n</table></details>"
    )


def _row(entry: Entry) -> str:
    is_struck = entry.status == "struck"
    start, end = f"{entry.start_s:.2f}", f"{entry.end_s:.2f}"
    about = " · ".join(
        escape(text)
        for text in (entry.uploader, entry.licence, f"{start} to {end} of {entry.duration_s or 0:.1f} s")
        if text
    )
    # Only links that a browser opens as pages: an address comes from outside.
    title = escape(entry.title or entry.url)
    if entry.url.startswith(("http://", "https://")):
        title = f'<a href="{escape(entry.url)}" rel="noreferrer noopener" target="_blank">{title}</a>'
    return (
        f'<tr data-label="{escape(entry.label)}" data-url="{escape(entry.url)}"'
        f"{' class=struck' if is_struck else ''}>"
        f'<td><audio controls preload="none" data-end="{end}" src="{quote(entry.path)}#t={start},{end}"></audio></td>'
        f"<td>{title}<br><small>{about}</small></td>"
        f'<td><button type="button" aria-pressed="{str(is_struck).lower()}">'
        f"{'Take back' if is_struck else 'Strike out'}</button></td></tr>"
    )
