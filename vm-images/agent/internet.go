package main

func startInternet(*link) error { return nil }
