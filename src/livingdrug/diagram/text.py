"""A graph as text for other tools: Mermaid (Markdown pages draw it) and Graphviz."""

from livingdrug.diagram.graph import DOSE, Edge, Graph, Node


def to_mermaid(graph: Graph) -> str:
    """A Mermaid flowchart: flows as arrows with their names, what drives them dashed, outputs beside their
    states.

    Parameters
    ----------
    graph : Graph
        Of a model.

    Returns
    -------
    str
    """
    key, named = _keys(graph.nodes), {row.mark: row.name for row in graph.flows}
    lines = [f"%% {graph.name}: {graph.title}", "flowchart TB"]
    for node in graph.nodes:
        below = node.below.replace('"', "'")  # which would end the label
        words = node.title + (f"<br/>{below}" if below else "")
        shape = ("([", "])") if node.kind == "dose" else ("[", "]")
        lines.append(f'  {key[node.name]}{shape[0]}"{words}"{shape[1]}')
    for edge in graph.edges:
        start, end = key[edge.start], key[edge.end]
        if edge.drives:
            lines.append(f'  {start} -.->|"{_names(edge.numbers, named)}"| {end}')
            continue
        lines.append(
            f'  {start} -->|"{_names(edge.numbers, named)}"| {end}'
            if edge.numbers
            else f"  {start} --> {end}"
        )
        if edge.back:
            lines.append(f'  {end} -->|"{_names(edge.back, named)}"| {start}')
    for node in graph.nodes:
        lines += [f'  in_{n}(( )) -->|"{named[n]}"| {key[node.name]}' for n in node.arriving]
        lines += [f'  {key[node.name]} -->|"{named[n]}"| out_{n}(( ))' for n in node.leaving]
    for row in (row for row in graph.outputs if row.mark):
        lines.append(f'  seen_{row.mark}[/"{row.name} ({row.moves})"/]')
        lines += [f"  {key[node.name]} -.- seen_{row.mark}" for node in graph.nodes if row.mark in node.marks]
    return "\n".join(lines) + "\n"


def to_dot(graph: Graph) -> str:
    """A drawing in the language of Graphviz: flows as arrows with their names, what drives them dashed,
    outputs beside their states.

    Parameters
    ----------
    graph : Graph
        Of a model.

    Returns
    -------
    str
    """
    named = {row.mark: row.name for row in graph.flows}
    lines = [
        f"digraph {_quoted(graph.name)} {{",
        f"  label={_quoted(graph.title)}; node [shape=box, fontname=sans];",
    ]
    for node in graph.nodes:
        shape = ", shape=oval" if node.kind == "dose" else ""
        words = node.title + (f"\n{node.below}" if node.below else "")
        lines.append(f"  {_quoted(node.name)} [label={_quoted(words)}{shape}];")
    for edge in graph.edges:
        lines += _dot_edge(edge, named)
    for node in graph.nodes:
        for n in node.arriving:
            lines += [
                f"  in_{n} [shape=point];",
                f"  in_{n} -> {_quoted(node.name)} [label={_quoted(named[n])}];",
            ]
        for n in node.leaving:
            lines += [
                f"  out_{n} [shape=point];",
                f"  {_quoted(node.name)} -> out_{n} [label={_quoted(named[n])}];",
            ]
    for row in (row for row in graph.outputs if row.mark):
        lines.append(f"  seen_{row.mark} [shape=note, label={_quoted(f'{row.name} ({row.moves})')}];")
        lines += [
            f"  {_quoted(node.name)} -> seen_{row.mark} [style=dotted, arrowhead=none];"
            for node in graph.nodes
            if row.mark in node.marks
        ]
    return "\n".join([*lines, "}\n"])


def _dot_edge(edge: Edge, named: dict[str, str]) -> list[str]:
    start, end = _quoted(edge.start), _quoted(edge.end)
    style = ", style=dashed" if edge.drives else ""
    lines = [f"  {start} -> {end} [label={_quoted(_names(edge.numbers, named))}{style}];"]
    if edge.back:
        lines.append(f"  {end} -> {start} [label={_quoted(_names(edge.back, named))}];")
    return lines


def _keys(nodes: tuple[Node, ...]) -> dict[str, str]:
    """Names for Mermaid: some words (`end`, `graph`) are its own, so every state has a prefix."""
    return {
        node.name: "the_dose" if node.name == DOSE else f"s_{node.name.replace(' ', '_')}" for node in nodes
    }


def _names(numbers: tuple[str, ...], named: dict[str, str]) -> str:
    return ", ".join(named[number] for number in numbers)


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inner}"'
