"""Writing an application: the form, its row filter and its price, for a new draft and for one that is changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.models import Application
from access.pages import conditions, words
from access.pages.asking import deciders_of, fields_of, is_withheld, next_steps, prices_of, problems_of
from access.pages.forms import ApplicationForm, applying_organizations, initial_of
from access.services.applications import edit_application, write_application
from access.workflow import State
from catalog.api.visibility import visible_distributions
from catalog.datasets.models import DatasetState, Distribution
from catalog.pages.acts import attempt, say, user_of
from catalog.people.policies import may


@login_required
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, distribution_id: int) -> HttpResponse:
    """A new application for one table. Saving makes a draft; submitting it is the application page's."""
    user = user_of(request)
    distribution = get_object_or_404(visible_distributions(user), pk=distribution_id)
    organizations = applying_organizations(user)
    if not organizations.exists():
        raise PermissionDenied
    if distribution.dataset.state != DatasetState.PUBLISHED:
        messages.error(request, _("The dataset is not published, so its use cannot be applied for."))
        return redirect("dataset", distribution.dataset_id)
    stage = _Stage(request, distribution, organizations)
    if request.method != "POST":
        return stage.show(stage.form(initial=_first(request)), conditions.blank(stage.open_fields))
    builder = conditions.from_data(request.POST, stage.open_fields)
    if request.POST.get("change"):
        return stage.show_unchecked(conditions.change(builder, request.POST["change"]))
    form = stage.form(request.POST)
    if form.was_sent(request):
        return _sent_before(request, distribution)
    application = stage.save(
        form,
        builder,
        lambda taken: write_application(
            actor=user,
            organization=form.cleaned_data["organization"],
            distribution=distribution,
            project=form.cleaned_data["project"],
            **taken,
        ),
    )
    if application is None:
        return stage.show(form, builder)
    form.remember(request)
    return _onward(request, application)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft or a returned application, changed by its applicant."""
    user = user_of(request)
    application = get_object_or_404(
        Application.objects.visible_to(user).select_related(
            "organization", "project", "distribution__dataset__provider", "distribution__source"
        ),
        pk=pk,
    )
    if not may(user, "application.edit", application):
        raise PermissionDenied
    if application.state not in (State.DRAFT, State.RETURNED):
        messages.error(request, _("Only a draft or a returned application can be changed."))
        return redirect("application", application.pk)
    organizations = applying_organizations(user).filter(pk=application.organization_id)
    stage = _Stage(request, application.distribution, organizations, application)
    if request.method != "POST":
        builder = conditions.from_tree(application.row_filter, stage.open_fields)
        return stage.show(stage.form(initial=initial_of(application)), builder)
    builder = conditions.from_data(request.POST, stage.open_fields, application.row_filter)
    if request.POST.get("change"):
        return stage.show_unchecked(conditions.change(builder, request.POST["change"]))
    form = stage.form(request.POST)
    saved = stage.save(
        form,
        builder,
        lambda taken: edit_application(
            actor=user, application=application, version=form.cleaned_data["version"] or 0, **taken
        ),
    )
    if saved is None:
        return stage.show(form, builder)
    return _onward(request, saved)


@login_required
@require_POST
def filter_rows(request: HttpRequest, distribution_id: int) -> HttpResponse:
    """The builder alone, as it stands after a button or a choice of field."""
    distribution = get_object_or_404(visible_distributions(user_of(request)), pk=distribution_id)
    open_fields = [item.field for item in fields_of(distribution) if not item.hindrance]
    builder = conditions.change(conditions.from_data(request.POST, open_fields), request.POST.get("change", ""))
    return render(request, "access/_filter.html", {"builder": builder, "distribution": distribution})


@login_required
@require_safe
def quote(request: HttpRequest, distribution_id: int) -> HttpResponse:
    """What the chosen purpose costs and what will happen."""
    distribution = get_object_or_404(visible_distributions(user_of(request)), pk=distribution_id)
    return render(request, "access/_quote.html", _price_of(distribution, request.GET.get("purpose", "")))


def _price_of(distribution: Distribution, purpose: str) -> dict[str, Any]:
    prices = prices_of(distribution.dataset)
    chosen = next((price for price in prices if price.purpose == purpose), None)
    deciders = deciders_of(distribution.dataset)
    return {
        "prices": prices,
        "price": chosen,
        "deciders": deciders,
        "next_steps": next_steps(deciders, chosen),
        "distribution": distribution,
    }


def _first(request: HttpRequest) -> dict[str, Any]:
    """What a link to the page may choose beforehand: the project it was opened from, the purpose."""
    return {name: request.GET[name] for name in ("project", "purpose") if request.GET.get(name)}


def _sent_before(request: HttpRequest, distribution: Distribution) -> HttpResponse:
    """The same form a second time: the draft that it made, not another one."""
    made = Application.objects.filter(applicant=user_of(request), distribution=distribution).order_by("-pk").first()
    say(request, _("This was saved already."))
    return redirect("application", made.pk) if made else redirect("applications")


def _onward(request: HttpRequest, application: Application) -> HttpResponse:
    if request.POST.get("then") == "stay":
        say(request, _("The draft is saved."))
        return redirect("application-edit", application.pk)
    say(request, _("The draft is saved. Read it through once more, then submit it below."))
    return redirect("application", application.pk)


class _Stage:
    """One request for the form: what is around it on the page, and saving it."""

    def __init__(
        self,
        request: HttpRequest,
        distribution: Distribution,
        organizations: Any,
        application: Application | None = None,
    ) -> None:
        self.request, self.distribution, self.application = request, distribution, application
        offered = fields_of(distribution)
        self.open_fields = [item.field for item in offered if not item.hindrance]
        self.around = {"user": user_of(request), "offered": offered, "organizations": organizations}

    def form(self, data: Any = None, **options: Any) -> ApplicationForm:
        """The form over this table's fields."""
        return ApplicationForm(data, **self.around, **options)

    def save(self, form: ApplicationForm, builder: conditions.Builder, write: Any) -> Application | None:
        """Write what the form and the builder say, or tell on them why not."""
        valid = form.is_valid()
        tree = builder.read(form.cleaned_data.get("fields", []))
        if not valid or builder.is_wrong:
            return None
        taken = {
            "fields": form.reasons(),
            "recipients": list(form.cleaned_data["recipients"]),
            "values": form.values(tree),
        }
        found: Application | None = attempt(self.request, lambda: words.spoken(lambda: write(taken)), form=form)
        return found

    def show_unchecked(self, builder: conditions.Builder) -> HttpResponse:
        """The page again with a condition more or less: nothing is judged yet."""
        return self.show(ApplicationForm.unchecked(self.request.POST, **self.around), builder)

    def show(self, form: ApplicationForm, builder: conditions.Builder) -> HttpResponse:
        dataset = self.distribution.dataset
        around = _price_of(self.distribution, str(form["purpose"].value() or ""))
        context = {
            **around,
            "form": form,
            "builder": builder,
            "dataset": dataset,
            "application": self.application,
            "note": words.note_of(self.application) if self.application else "",
            "note_title": words.note_title(self.application) if self.application else "",
            "problems": problems_of(self.distribution),
            "withheld": is_withheld(dataset),
            "purposes": list(zip(form["purpose"], around["prices"], strict=True)),
            "keep": f"application-{self.application.pk}" if self.application else f"apply-{self.distribution.pk}",
        }
        return render(
            self.request, "access/apply.html", context, status=400 if form.errors or builder.is_wrong else 200
        )
