package mailbox

import "context"

// TokenOf is what a slice signs in with: what it loads, turned into credentials.
func (s *Service) TokenOf(ctx context.Context, j Slice) (password, token string, err error) {
	m, secret, err := s.load(ctx, j)
	if err != nil {
		return "", "", err
	}
	return s.credentials(ctx, j, m, secret)
}

// SecretOf is what a slice loads.
func (s *Service) SecretOf(ctx context.Context, j Slice) (string, error) {
	_, secret, err := s.load(ctx, j)
	return secret, err
}

// TokenBy is what a slice signs in with that has loaded this secret.
func (s *Service) TokenBy(ctx context.Context, j Slice, secret string) (string, error) {
	m, _, err := s.load(ctx, j)
	if err != nil {
		return "", err
	}
	_, token, err := s.credentials(ctx, j, m, secret)
	return token, err
}
