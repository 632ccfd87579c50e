"""Django and nothing else: a WebSocket if it would take one, work after an answer.

uvicorn django_alone:application --lifespan off
"""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished
from django.http import HttpRequest, JsonResponse
from django.urls import path

WORK_S = 0.4

settings.configure(
    SECRET_KEY="nothing is signed",  # noqa: S106 - it says itself
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
)
done: list[str] = []
waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()


def ping(request: HttpRequest) -> JsonResponse:
    """Alive."""
    return JsonResponse({"ok": True})


def later(request: HttpRequest) -> JsonResponse:
    """Answer, then work: by a signal, as Django has nothing made for it."""
    waiting.put(work)
    return JsonResponse({"done": len(done)})


def count(request: HttpRequest) -> JsonResponse:
    """How often the work has been done."""
    return JsonResponse({"done": len(done)})


def work() -> None:
    """What nobody needs to wait for."""
    time.sleep(WORK_S)
    done.append("once")


def finish(**kwargs: object) -> None:
    """Do what waits for the end of a request."""
    try:
        waiting.get_nowait()()
    except Empty:
        return


request_finished.connect(finish)
urlpatterns = [path("ping", ping), path("later", later), path("done", count)]
application = get_asgi_application()
