package client

var streamConversations, socketConversations []conversation

func engineConversations() []conversation { return nil }
