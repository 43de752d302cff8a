// Signs in and out with the client that openapi-generator makes for Go.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"clients/openapi"
)

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Getenv("OSTIARY_URL")}}
	api := openapi.NewAPIClient(configuration)

	request := openapi.NewLoginRequest(os.Getenv("LOGIN_PASSWORD"))
	request.SetEmail(os.Getenv("LOGIN_EMAIL"))
	request.SetTokenDelivery("body")
	login, _, err := api.AuthAPI.AuthLogin(context.Background()).LoginRequest(*request).Execute()
	expect(err == nil, "login", err)

	signedIn := context.WithValue(context.Background(), openapi.ContextAccessToken, login.GetAccessToken())
	profile, _, err := api.AccountAPI.AccountGetProfile(signedIn).Execute()
	expect(err == nil && profile.GetEmail() == os.Getenv("LOGIN_EMAIL"), "profile", err)

	logout := openapi.NewLogoutRequest()
	logout.SetAccessToken(login.GetAccessToken())
	_, err = api.AuthAPI.AuthLogout(context.Background()).LogoutRequest(*logout).Execute()
	expect(err == nil, "logout", err)

	_, refused, err := api.AuthAPI.AuthCheckSession(signedIn).Execute()
	expect(err != nil && refused.StatusCode == http.StatusUnauthorized, "the session has ended", err)
}

func expect(holds bool, what string, err error) {
	if !holds {
		log.Fatal(what, ": ", err)
	}
}
