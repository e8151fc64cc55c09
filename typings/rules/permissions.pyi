from collections.abc import ItemsView
from typing import Any

from rules import Predicate

class RuleSet(dict[str, Predicate]):
    def items(self) -> ItemsView[str, Predicate]: ...

permissions: RuleSet

class ObjectPermissionBackend:
    def authenticate(self, *args: Any, **kwargs: Any) -> None: ...
    def has_perm(self, user: Any, perm: str, *args: Any, **kwargs: Any) -> bool: ...
