from tests.alerts.conftest import night, post

__all__ = ["night", "post"]
