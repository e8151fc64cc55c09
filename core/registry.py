"""Extension points: a lower app offers a list, higher apps add to it in `AppConfig.ready()`."""

from collections.abc import Iterator


class Registry[Item]:
    """An ordered list of contributions."""

    def __init__(self) -> None:
        """Start empty."""
        self._items: list[Item] = []

    def register(self, item: Item) -> Item:
        """Add a contribution once; usable as a decorator."""
        if item not in self._items:
            self._items.append(item)
        return item

    def __iter__(self) -> Iterator[Item]:
        """Iterate in the order of `order` if the items have one, else of registration."""
        return iter(sorted(self._items, key=lambda item: getattr(item, "order", 0)))
