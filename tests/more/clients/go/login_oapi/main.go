// Signs in and out with the client that oapi-codegen makes.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"clients/oapi"

	"github.com/oapi-codegen/runtime/types"
)

func main() {
	api, err := oapi.NewClientWithResponses(os.Getenv("OSTIARY_URL"))
	expect(err == nil, "client", err)
	background := context.Background()

	email := types.Email(os.Getenv("LOGIN_EMAIL"))
	delivery := oapi.LoginRequestTokenDelivery("body")
	login, err := api.AuthLoginWithResponse(background, &oapi.AuthLoginParams{}, oapi.LoginRequest{
		Email: &email, Password: os.Getenv("LOGIN_PASSWORD"), TokenDelivery: &delivery,
	})
	expect(err == nil && login.JSON200 != nil, "login", err)

	token := *login.JSON200.AccessToken
	signedIn := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
	profile, err := api.AccountGetProfileWithResponse(background, signedIn)
	expect(err == nil && profile.JSON200 != nil && *profile.JSON200.Email == string(email), "profile", err)

	logout, err := api.AuthLogoutWithResponse(background, &oapi.AuthLogoutParams{}, oapi.LogoutRequest{AccessToken: &token})
	expect(err == nil && logout.StatusCode() == http.StatusNoContent, "logout", err)

	refused, err := api.AuthCheckSessionWithResponse(background, signedIn)
	expect(err == nil && refused.StatusCode() == http.StatusUnauthorized, "the session has ended", err)
}

func expect(holds bool, what string, err error) {
	if !holds {
		log.Fatal(what, ": ", err)
	}
}
