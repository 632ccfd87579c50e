"""Sign-in with a form and a session, by Flask-Login."""

import hmac
import secrets

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.exceptions import TooManyRequests

from .accounts import SignedIn, password_is_right
from .page_headers import add_page_headers

blueprint = Blueprint("pages", __name__)
blueprint.after_request(add_page_headers)


@blueprint.get("/login")
def login():
    """Show the form."""
    return _form(200)


@blueprint.post("/login")
def sign_in():
    """Start a session, or show the form again."""
    _check_form_is_ours()
    username = request.form.get("username", "")
    try:
        is_right = password_is_right(username, request.form.get("password", ""))
    except TooManyRequests as error:
        return _form(429, message=error.description)
    if not is_right:
        return _form(401, message="The name or the password is wrong.")
    login_user(SignedIn(username))
    return redirect(url_for("pages.account"))


@blueprint.post("/logout")
@login_required
def logout():
    """End the session."""
    _check_form_is_ours()
    logout_user()
    return redirect(url_for("pages.login"))


@blueprint.get("/account")
@login_required
def account():
    """Show the account page, for its owner only."""
    return render_template("account.html", username=current_user.id, form_key=_form_key())


def _form(status, message=""):
    return render_template("login.html", form_key=_form_key(), message=message), status


def _form_key():
    """Return a key of this session; a form of another site cannot know it."""
    return session.setdefault("form_key", secrets.token_urlsafe())


def _check_form_is_ours():
    expected = session.get("form_key", "")
    given = request.form.get("form_key", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        abort(400, "The form is out of date: load the page and send it again.")
