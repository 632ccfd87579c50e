"""Django and nothing else: a WebSocket if it would take one, work after an answer.

uvicorn django_alone:application --lifespan off
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished
from django.http import HttpRequest, JsonResponse
from django.urls import path

LONGEST_S = 60.0

settings.configure(
    SECRET_KEY="nothing is signed",  # noqa: S106 - it says itself
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
)
done: list[str] = []
may_end = Event()
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


def finish(request: HttpRequest) -> JsonResponse:
    """Hold the work up no longer."""
    may_end.set()
    return JsonResponse({"done": len(done)})


def work() -> None:
    """What nobody needs to wait for, and who asks can hold up."""
    may_end.wait(LONGEST_S)
    done.append("once")


def go_on(**kwargs: object) -> None:
    """Do what waits for the end of a request."""
    try:
        waiting.get_nowait()()
    except Empty:
        return


request_finished.connect(go_on)
urlpatterns = [
    path("ping", ping),
    path("later", later),
    path("done", count),
    path("finish", finish),
]
application = get_asgi_application()
