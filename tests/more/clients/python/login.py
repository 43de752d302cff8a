"""Signs in and out with the client that openapi-generator makes for Python."""

import os

import ostiary_client as client

configuration = client.Configuration(host=os.environ["OSTIARY_URL"])
with client.ApiClient(configuration) as api:
    login = client.AuthApi(api).auth_login(
        client.LoginRequest(
            email=os.environ["LOGIN_EMAIL"], password=os.environ["LOGIN_PASSWORD"], token_delivery="body"
        )
    )
    configuration.access_token = login.access_token
    assert client.AccountApi(api).account_get_profile().email == os.environ["LOGIN_EMAIL"]
    client.AuthApi(api).auth_logout(logout_request=client.LogoutRequest(access_token=login.access_token))
    try:
        client.AuthApi(api).auth_check_session()
        raise SystemExit("the session has not ended")
    except client.exceptions.UnauthorizedException:
        pass
