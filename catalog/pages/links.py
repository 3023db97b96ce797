"""Linking a dataset to another, and taking a link back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.datasets.lineage import DatasetLink
from catalog.datasets.linking import link_datasets, unlink_datasets
from catalog.datasets.models import Dataset
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.pages.dataset import visible_dataset
from catalog.pages.forms import LinkForm


@require_http_methods(["GET", "POST"])
@login_required
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """The form to link it, which the dataset's page fetches into itself."""
    user, dataset = user_of(request), visible_dataset(request, pk)
    only_if_may(user, "dataset.link", dataset)
    others = Dataset.objects.visible_to(user).exclude(pk=pk)
    form = LinkForm(request.POST or None, others=others)
    if request.method == "POST" and (form.was_sent(request) or _send(request, dataset, form)):
        return redirect(_lineage(pk))
    is_part = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    template = "catalog/_link_form.html" if is_part else "catalog/links.html"
    answer = render(request, template, {"dataset": dataset, "form": form})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _send(request: HttpRequest, dataset: Dataset, form: LinkForm) -> bool:
    """Record what the form says."""
    if not form.is_valid():
        return False
    target, kind = form.cleaned_data["target"], form.cleaned_data["kind"]
    act = attempt(
        request,
        lambda: link_datasets(actor=user_of(request), dataset=dataset, target=target, kind=kind),
        form=form,
    )
    if act is None:
        return False
    form.remember(request)
    say(request, _("The link is recorded."))
    return True


@require_POST
@login_required
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a link back, and return to that end of it where the button was pressed."""
    user = user_of(request)
    rows = DatasetLink.objects.visible_to(user).select_related("dataset__provider", "target__provider")
    link: DatasetLink = get_object_or_404(rows, pk=pk)
    if attempt(request, lambda: unlink_datasets(actor=user, link=link)):
        say(request, _("The link is taken back."))
    here = link.target_id if request.POST.get("at") == str(link.target_id) else link.dataset_id
    return redirect(_lineage(here))


def _lineage(pk: int) -> str:
    return reverse("dataset", args=[pk]) + "#lineage"
