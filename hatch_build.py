"""Ships the reference workspace inside wheels as ``tocsin/catalogue``; an editable install reads the tree itself."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CATALOGUE = ("drills", "loadprofiles", "compose", "runbooks/playbooks", "runbooks/templates", "tocsin.toml")


class CatalogueHook(BuildHookInterface[Any]):
    """Adds the catalogue to a real wheel and leaves editable installs alone, where a copy would go stale."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map each catalogue folder to its place in the wheel, unless the build is editable."""
        if version == "editable":
            return
        for entry in CATALOGUE:
            build_data["force_include"][entry] = f"tocsin/catalogue/{entry}"
