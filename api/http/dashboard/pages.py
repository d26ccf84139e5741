"""Every page, on one router."""

from fastapi import APIRouter

from ridethrough.api.http.dashboard.page_routes import page_router
from ridethrough.api.http.dashboard.signing_in import add_signing_in
from ridethrough.api.http.dashboard.site.explorer_page import add_explorer_page
from ridethrough.api.http.dashboard.site.fleet_page import add_fleet_page
from ridethrough.api.http.dashboard.site.life_page import add_life_page
from ridethrough.api.http.dashboard.site.log_page import add_log_page
from ridethrough.api.http.dashboard.site.now_page import add_now_page
from ridethrough.api.http.dashboard.site.plan_page import add_plan_page
from ridethrough.api.http.dashboard.site.savings_page import add_savings_page
from ridethrough.api.http.dashboard.site.set_up_page import add_set_up_page
from ridethrough.api.http.dashboard.site.site_form_page import add_site_form_page
from ridethrough.api.http.dashboard.site.tariffs_page import add_tariffs_page
from ridethrough.api.http.dashboard.site.what_if_page import add_what_if_page
from ridethrough.api.http.dashboard.start_page import add_start_page
from ridethrough.api.http.dashboard.static_files import add_static_files


def dashboard() -> APIRouter:
    """The routes of all pages and of what they load."""
    router = page_router()
    add_static_files(router)
    add_signing_in(router)
    add_start_page(router)
    add_now_page(router)
    add_plan_page(router)
    add_fleet_page(router)
    add_explorer_page(router)
    add_log_page(router)
    add_what_if_page(router)
    add_savings_page(router)
    add_life_page(router)
    add_tariffs_page(router)
    add_set_up_page(router)
    add_site_form_page(router)
    return router
