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
