"""Other ways to find the same keywords in the same posts. None of them folds as Relaybox does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from bench import routing_corpus as corpus

Call = tuple[Callable[[Any], object], Sequence[Any]]


def calls(rules: Sequence[dict[str, Any]], posts: list[str], *, loop: bool = True) -> dict[str, Call]:
    """Each rival that is installed, with the keywords of these rules, and the posts to ask it about."""
    per_rule = corpus.plain_keywords(list(rules))
    words = list(dict.fromkeys(word.lower() for rule in per_rule for word in rule))
    lowered = [text.lower() for text in posts]
    found: dict[str, Call] = {"loop": (_loop(per_rule), lowered[:200])} if loop else {}
    for name, build in (("flashtext", _flashtext), ("flashtext2", _flashtext2), ("spacy", _spacy)):
        with suppress(ImportError):
            found[name] = (build(words), lowered if name != "spacy" else lowered[:500])
    return found


def _loop(per_rule: list[list[str]]) -> Callable[[str], object]:
    """What one writes first: every rule, every keyword, `in`."""
    lowered = [[word.lower() for word in rule] for rule in per_rule]
    return lambda text: [at for at, rule in enumerate(lowered) if any(word in text for word in rule)]


def _flashtext(words: list[str]) -> Callable[[str], object]:
    from flashtext import KeywordProcessor

    processor = KeywordProcessor()
    processor.add_keywords_from_list(words)
    return lambda text: processor.extract_keywords(text, span_info=True)


def _flashtext2(words: list[str]) -> Callable[[str], object]:
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=True)
    processor.add_keywords_from_iter(words)
    return lambda text: list(processor.extract_keywords_with_span(text))


def _spacy(words: list[str]) -> Callable[[str], object]:
    import spacy
    from spacy.matcher import PhraseMatcher

    language = spacy.blank("xx")
    matcher = PhraseMatcher(language.vocab, attr="LOWER")
    matcher.add("keywords", list(language.tokenizer.pipe(words)))
    return lambda text: matcher(language.make_doc(text))
