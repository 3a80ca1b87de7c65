import inspect

from adapterstilts.core.progress import Listener, Silent


def test_silence_hears_everything_and_says_nothing(capsys) -> None:
    listener: Listener = Silent()
    listener.planned(3, 1)
    listener.started("0" * 16, "train x", 2, 3)
    listener.advanced("0" * 16, 1, 10)
    listener.advanced("0" * 16, 2, 10, "loss 1.2")
    listener.finished("0" * 16, 1.5)
    listener.failed("0" * 16, "why")
    assert capsys.readouterr() == ("", "")


def test_silence_takes_what_any_listener_takes() -> None:
    names = [name for name in vars(Listener) if not name.startswith("_")]
    assert names == ["planned", "started", "advanced", "finished", "failed"]
    for name in names:
        expected = inspect.signature(getattr(Listener, name)).parameters
        assert inspect.signature(getattr(Silent, name)).parameters == expected
