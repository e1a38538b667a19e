"""The zoo: every network by its name."""

import dataclasses
from types import ModuleType

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import double_vnet, glass_net, pynet, pynet_mobile, sizes
from pynet_bokeh.models.network import Network

# A network's module has Config, build, INPUT_SCALE and SIZE_MULTIPLE.
NETWORKS: dict[str, ModuleType] = {
    "pynet": pynet,
    "pynet_mobile": pynet_mobile,
    "double_vnet": double_vnet,
    "glass_net": glass_net,
}


def module_of(name: str) -> ModuleType:
    """The module of network `name`; raises UserError with the known names."""
    if name not in NETWORKS:
        raise UserError(f"network: {', '.join(NETWORKS)} are known; received {name!r}")
    return NETWORKS[name]


def configure(name: str, options: dict):
    """The network's Config from plain options, as a recipe gives them; an unknown option is an error.

    An `extra` of "none" means RGB only, since TOML has no null.
    """
    config_class = module_of(name).Config
    known = {field.name: field for field in dataclasses.fields(config_class)}
    for option in options:
        if option not in known:
            raise UserError(f"network_config.{option}: {name} knows {', '.join(known)}")
    options = {key: None if key == "extra" and value == "none" else value for key, value in options.items()}
    try:
        return config_class(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"network_config of {name}: {error}") from error


def check_size(name: str, picture_size, *, what: str = "picture size") -> None:
    """Raises UserError unless network `name` takes level-1 pictures of `picture_size` (height, width; None: open)."""
    sizes.check(name, module_of(name).SIZE_MULTIPLE, picture_size, what=what)


def build(name: str, options: dict | None = None, *, picture_size=(None, None), batch: int | None = None) -> Network:
    """Builds network `name` with `options`; `picture_size` (height, width) is checked against its multiple.

    Raises UserError for an unknown name or option and a size the network does not take.
    """
    check_size(name, picture_size)
    return module_of(name).build(configure(name, options or {}), picture_size=picture_size, batch=batch)
