"""Projects: the list, a new one, and the applications of one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.models import Project
from access.pages import words
from access.pages.forms import ProjectForm, applying_organizations
from access.services.projects import open_project
from access.workflow import State
from catalog.pages.acts import attempt, page_of, say, user_of


@login_required
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """The projects of the organisations one applies for, and a new one."""
    user = user_of(request)
    organizations = applying_organizations(user)
    if not organizations.exists():
        raise PermissionDenied
    form = ProjectForm(request.POST or None, organizations=organizations)
    if request.method == "POST":
        if form.was_sent(request):
            say(request, _("This was saved already."))
            return redirect("projects")
        if form.is_valid():
            organization, name = form.cleaned_data["organization"], form.cleaned_data["name"]
            made = attempt(request, lambda: open_project(actor=user, organization=organization, name=name), form=form)
            if made is not None:
                form.remember(request)
                say(request, _("The project is open. Choose it when you apply."))
                return redirect("project", made.pk)
    granted = Q(applications__state=State.GRANTED)
    projects = (
        Project.objects.visible_to(user)
        .select_related("organization", "created_by")
        .annotate(asked=Count("applications"), granted=Count("applications", filter=granted))
        .order_by("-pk")
    )
    context = {"page": page_of(request, projects), "form": form}
    return render(request, "access/projects.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One project and what was applied for in it."""
    project = get_object_or_404(
        Project.objects.visible_to(user_of(request)).select_related("organization", "created_by", "key_domain"), pk=pk
    )
    applications = project.applications.select_related(
        "organization", "applicant", "project", "distribution__dataset__provider", "grant__release"
    ).order_by("-pk")
    context = {
        "project": project,
        "page": page_of(request, applications),
        "purposes": words.PURPOSES,
        "today": timezone.localdate(),
    }
    return render(request, "access/project.html", context)
